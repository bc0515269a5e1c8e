"""The page that shows the committed measurements beside the quick results and the speeds: bench/evidence/README.md."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import side_by_side, startup
from bench.conditions import COMMIT_LETTERS

LIBRARIES = ("python", "torch")


def page(folder: Path) -> str:
    """Return the page as Markdown.

    Args:
        folder: holds startup.json, growth/growth.json, lrn.json, workers.json and hotspots.md.
    """
    from bench import growth, lrn  # noqa: PLC0415 - torch, which the other commands on this page's figures do without
    from bench.sweeps import Point, Sweep  # noqa: PLC0415 - as above

    started, grown, normalised, together = (
        _read(folder / name) for name in ("startup.json", "growth/growth.json", "lrn.json", "workers.json")
    )
    sweeps = [
        Sweep(**{**each, "points": tuple(Point(**point) for point in each["points"])}) for each in grown["sweeps"]
    ]
    cases = {(row["window"], row["memory_format"], row["how"]): row["seconds"] for row in normalised["rows"]}
    parts = [
        "# Measurements",
        "Made by `python -m bench.readme` from the files in this folder, each of which a command below wrote. The "
        "results of the quick protocol and the speeds are in the [README](../../README.md); records in `quick/`, "
        "chosen learning rates in `tuning/`, `calibration.json` by `python -m bench.simulate`.",
        "## Cost to start",
        "`python -m bench.startup`: wall time, each command in a process of its own.",
        startup.table(started["seconds"]),
        _conditions(started),
        "## Growth",
        "`python -m bench.growth`: each row multiplies one size and leaves the rest alone; the exponent is that of the "
        "upper half of the sizes (1: linear). [Figures](growth/growth.svg).",
        growth.table(sweeps),
        _conditions(grown),
        "## LRN: torch's and ours",
        f"`python -m bench.lrn`: forward and backward on {tuple(normalised['shape'])}; medians and ranges of "
        f"{len(next(iter(cases.values()))['ours'])} turns. Nets with LRN are trained in channels_last.",
        lrn.table(cases),
        _conditions(normalised),
        "## Trials side by side",
        f"`python -m bench.side_by_side`: `pytest bench/ {together['options']}`, start-up included.",
        side_by_side.table(together),
        _conditions(together),
        "## Where the time of a training step goes",
        "`python -m bench.hotspots`: the nets with the lowest share of the machine's peak. What was tried to raise it "
        "is in `bench/fastest.py`.",
        (folder / "hotspots.md").read_text("utf-8").strip(),
    ]
    return "\n\n".join(parts) + "\n"


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def _conditions(content: Mapping[str, Any]) -> str:
    where = content["environment"]
    threads = f", {content['threads']} threads" if "threads" in content else f", {where['cores']} cores"
    versions = ", ".join(f"{name} {where[name]}" for name in LIBRARIES)
    return f"<sub>{where['hardware']}{threads}; {versions}; {where['commit'][:COMMIT_LETTERS]}</sub>"
