"""The committed measurements of convbench itself as Markdown: the sections of docs/measurements.md."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.commands.pages.evidence import read_evidence
from bench.harness.machine.environment import short_commit
from bench.performance import startup, worker_gain

LIBRARIES = ("python", "torch")

STARTUP = "`python -m bench startup`: wall time, each command in a process of its own."
GROWTH = """\
`python -m bench growth`: each row multiplies one size and leaves the rest alone; the exponent is that of the upper half
of the sizes (1: linear)."""
LRN = """\
`python -m bench lrn`: forward and backward on {shape}; medians and ranges of {turns} turns. Nets with LRN are trained
in channels_last."""
WORKERS = "`python -m bench workers`: `pytest bench/ {options}`, start-up included."
HOTSPOTS = """\
`python -m bench hotspots`: the nets with the lowest share of the machine's peak. What was tried to raise it is in
`bench/harness/machine/memory_format.py`."""


def measurement_sections(folder: Path) -> dict[str, str]:
    """Return each committed measurement as Markdown: its command, its table, its conditions.

    Args:
        folder: holds startup.json, growth/growth.json, lrn.json, workers.json and hotspots.md.
    """
    started, grown, normalised, together = (
        read_evidence(folder, name) for name in ("startup.json", "growth/growth.json", "lrn.json", "workers.json")
    )
    hotspots = (folder / "hotspots.md").read_text("utf-8").strip()
    parts = {
        "startup": (STARTUP, startup.table(started["seconds"]), _conditions(started)),
        "growth": (GROWTH, _growth_table(grown), _conditions(grown)),
        "lrn": _lrn_section(normalised),
        "workers": (
            WORKERS.format(options=together["options"]),
            worker_gain.table(together),
            _conditions(together),
        ),
        "hotspots": (HOTSPOTS, hotspots),
    }
    return {name: "\n\n".join(texts) for name, texts in parts.items()}


def _growth_table(grown: Mapping[str, Any]) -> str:
    from bench.performance import growth  # noqa: PLC0415 - torch
    from bench.performance.sweeps import Point, Sweep  # noqa: PLC0415 - torch

    return growth.table(
        [Sweep(**{**sweep, "points": tuple(Point(**point) for point in sweep["points"])}) for sweep in grown["sweeps"]]
    )


def _lrn_section(content: Mapping[str, Any]) -> tuple[str, str, str]:
    from bench.performance import lrn_layer  # noqa: PLC0415 - torch

    cases = {(row["window"], row["memory_format"], row["how"]): row["seconds"] for row in content["rows"]}
    turns = len(content["rows"][0]["seconds"]["ours"])
    return LRN.format(shape=tuple(content["shape"]), turns=turns), lrn_layer.table(cases), _conditions(content)


def _conditions(content: Mapping[str, Any]) -> str:
    where = content["environment"]
    threads = f", {content['threads']} threads" if "threads" in content else f", {where['cores']} cores"
    versions = ", ".join(f"{name} {where[name]}" for name in LIBRARIES)
    return f"<sub>{where['hardware']}{threads}; {versions}; {short_commit(where['commit'])}</sub>"
