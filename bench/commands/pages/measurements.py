"""The committed measurements of convbench itself as Markdown: the sections of docs/measurements.md."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.commands.pages.evidence import read_evidence
from bench.harness.machine.environment import short_commit
from bench.harness.number_format import number
from bench.performance import startup

LIBRARIES = ("python", "torch")

STARTUP = "`python -m bench startup`: wall time, each command in a process of its own; {turns}."
GROWTH = """\
`python -m bench growth`: each row multiplies one size and leaves the rest alone; the exponent is that of the upper half
of the sizes (1: linear). Medians of {turns}."""
LRN = """\
`python -m bench lrn`: forward and backward on {shape}; medians of {turns}, ratios of the turns' own with their
95 % intervals. Nets with LRN are trained in channels_last."""
CORES = """\
`python -m bench cores`: one and two cores are runs of `pytest bench/ {options}`, more are dry: the very pool of worker
processes, whose workers rest for as long as each trial of `bench/evidence/quick/` took. The ideal divides everything by
the number of cores, the time of one alone.
The answer waits for the speed phases, {phases} s in one process alone: they limit it, and no core shortens them."""
BATCH_NORM = """\
`python -m bench batch-norm`: forward and backward in channels_last; medians of {turns}, ratios of the turns' own
with their 95 % intervals."""
WAITING = """\
`python -m bench waiting`: images/s of {nets} on all cores, each setting in a process
of its own, {turns}; from the net that suffers most to the one that suffers least. Beside others, of a fair share
of the cores: 1.0 is what the quiet machine's fastest setting would make of that. A study's trials have one thread each
and wait for nobody; the speed phase and `--threads N` use the setting of `bench/__init__.py`."""
LAYERS = """\
`python -m bench layers`: images/s of forward and backward on a batch of 64, medians of {turns}, and what the
further threads gain in each memory format, with 95 % intervals; of {count} distinct layers those that gain least in the
format that they are trained in. {long} that take longer than {longest} s are left out: they have work for all
threads."""
HOTSPOTS = """\
`python -m bench hotspots`: the nets with the lowest share of the machine's peak. What was tried to raise it is in
`bench/harness/machine/memory_format.py`."""


def measurement_sections(folder: Path) -> dict[str, str]:
    """Return each committed measurement as Markdown: its command, its table, its conditions.

    Args:
        folder: holds the files that are read below, such as startup.json, and hotspots.md.
    """
    started, grown, normalised, together = (
        read_evidence(folder, name) for name in ("startup.json", "growth/growth.json", "lrn.json", "cores.json")
    )
    hotspots = (folder / "hotspots.md").read_text("utf-8").strip()
    parts = {
        "startup": _startup_section(started),
        "growth": _growth_section(grown),
        "lrn": _lrn_section(normalised),
        "batch-norm": _batch_norm_section(read_evidence(folder, "batch_norm.json")),
        "layers": _layers_section(read_evidence(folder, "layers.json")),
        "waiting": _waiting_section(read_evidence(folder, "waiting.json")),
        "cores": _cores_section(together),
        "hotspots": (HOTSPOTS, hotspots),
    }
    return {name: "\n\n".join(texts) for name, texts in parts.items()}


def _startup_section(content: Mapping[str, Any]) -> tuple[str, str, str]:
    return STARTUP.format(turns=startup.turns_of(content)), startup.table(content["seconds"]), _conditions(content)


def _growth_section(content: Mapping[str, Any]) -> tuple[str, str, str]:
    from bench.performance import growth  # noqa: PLC0415 - torch
    from bench.performance.sweeps import Point, Sweep  # noqa: PLC0415 - torch

    sweeps = [
        Sweep(**{**sweep, "points": tuple(Point(**point) for point in sweep["points"])}) for sweep in content["sweeps"]
    ]
    return GROWTH.format(turns=growth.turns_of(sweeps)), growth.table(sweeps), _conditions(content)


def _lrn_section(content: Mapping[str, Any]) -> tuple[str, str, str]:
    from bench.performance.layers import lrn  # noqa: PLC0415 - torch

    rows = content["rows"]
    words = LRN.format(shape=tuple(content["shape"]), turns=lrn.turns_of(rows))
    return words, lrn.table(rows), _conditions(content)


def _batch_norm_section(content: Mapping[str, Any]) -> tuple[str, str, str]:
    from bench.performance.layers import batch_norm  # noqa: PLC0415 - torch

    rows = content["rows"]
    words = BATCH_NORM.format(turns=batch_norm.turns_of(rows))
    return words, batch_norm.table(rows), _conditions(content)


def _cores_section(content: Mapping[str, Any]) -> tuple[str, str, str]:
    from bench.performance import cores  # noqa: PLC0415 - torch

    words = CORES.format(options=content["options"], phases=number(content["phase_seconds"], 0))
    return words, cores.table(content), _conditions(content)


def _layers_section(content: Mapping[str, Any]) -> tuple[str, str, str]:
    from bench.performance.layers import every  # noqa: PLC0415 - torch

    rows = content["rows"]
    words = LAYERS.format(
        turns=every.turns_of(rows),
        count=len(rows),
        long=content["left_out_as_long"],
        longest=content["longest_seconds"],
    )
    return words, every.table(rows), _conditions(content)


def _waiting_section(content: Mapping[str, Any]) -> tuple[str, str, str]:
    from bench.performance import openmp_waiting  # noqa: PLC0415 - torch

    rates = next(iter(content["images_per_second"]["0"].values()))
    words = WAITING.format(nets=", ".join(rates), turns=openmp_waiting.turns_of(content))
    return words, openmp_waiting.table(content), _conditions(content)


def _conditions(content: Mapping[str, Any]) -> str:
    where = content["environment"]
    threads = f", {content['threads']} threads" if "threads" in content else f", {where['cores']} cores"
    versions = ", ".join(f"{name} {where[name]}" for name in LIBRARIES)
    return f"<sub>{where['hardware']}{threads}; {versions}; {short_commit(where['commit'])}</sub>"
