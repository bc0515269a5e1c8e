"""The sections of docs/comparing.md: an example, how speeds drift, and gates on unchanged and on slower code."""

import statistics
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypedDict

from tabulate import tabulate

from bench.commands.runs.sources import load_run
from bench.harness.analysis.runs.compare import compare
from bench.harness.analysis.runs.run import Run
from bench.harness.machine.environment import short_commit
from bench.harness.number_format import MISSING, counted, number
from bench.harness.paths import EVIDENCE
from bench.harness.records.parts import Environment
from bench.harness.report.runs.slopes import slopes_svg
from bench.harness.report.runs.table import comparison_markdown
from bench.harness.validation import read_json

CURE = "restore it, or measure again with the commands that it names"
WORDS = {
    "quiet": "nothing else at work",
    "busy": "beside other trainings",
    "slow": "a loop after each step makes it 15 % slower",
}


class _Phase(TypedDict):
    milliseconds_per_step: dict[str, float]


class _Drift(TypedDict):
    environment: Environment
    phases: list[_Phase]


class _Arm(TypedDict):
    ratio: float | None
    low: float | None
    high: float | None


class _Comparison(TypedDict):
    kind: str
    state: str
    arms: list[_Arm]


class _Gates(TypedDict):
    gate: str
    environment: Environment
    comparisons: list[_Comparison]


def compare_sections() -> dict[str, str]:
    """Return each section as Markdown by its name."""
    return {
        "example": _example(),
        "drift": _drift(EVIDENCE),
        "torch": _torch(EVIDENCE / "torch"),
        "gates": _gates(EVIDENCE),
    }


def compare_picture() -> str:
    """Return the slopes of the committed runs with other seeds, as SVG."""
    base, *others = _runs()
    return slopes_svg(compare(base, others))


@cache
def _runs() -> list[Run]:
    """Return the committed quick run, and those with seeds from 100 and from 200."""
    base = replace(load_run(EVIDENCE / "quick"), name="seeds from 0")
    return [
        base,
        *(replace(load_run(path), name=_name(path)) for path in sorted((EVIDENCE / "agreement").glob("*.jsonl"))),
    ]


def _name(path: Path) -> str:
    return f"seeds from {path.stem.removeprefix('seeds-')}"


def _example() -> str:
    """Return the table of two of them, as `compare` prints it where it is given these two."""
    base, other, *_ = _runs()
    return comparison_markdown(compare(base, [other])[0])


def _torch(folder: Path) -> str:
    """Return the tables of each torch's run beside that of the oldest."""
    folders = sorted(folder.iterdir(), key=_release)
    base, *others = (replace(load_run(path), name=f"torch {path.name}") for path in folders)
    return "\n\n".join(map(comparison_markdown, compare(base, others)))


def _release(path: Path) -> tuple[int, ...]:
    """Return the numbers of a version of torch, after which its folder is named."""
    return tuple(map(int, path.name.split(".")))


def _drift(folder: Path) -> str:
    document: _Drift = read_json(folder / "drift.json", _Drift, CURE)
    phases = document["phases"]
    arms = list(phases[0]["milliseconds_per_step"])
    rows = []
    for arm in arms:
        values = [phase["milliseconds_per_step"][arm] for phase in phases]
        spread = statistics.stdev(values) / statistics.mean(values)
        rows.append((arm, number(min(values), 1), number(max(values), 1), f"{100 * spread:.0f}"))
    headers = ("arm", "least, ms a step", "largest", "standard deviation, %")
    table = tabulate(rows, headers, tablefmt="pipe", disable_numparse=True, colalign=("left", *["right"] * 3))
    return f"{table}\n\n<sub>{counted(len(phases), 'phase')} in turn; {_conditions(document['environment'])}</sub>"


def _gates(folder: Path) -> str:
    document: _Gates = read_json(folder / "gate.json", _Gates, CURE)
    rows = []
    for kind, words in WORDS.items():
        own = [one for one in document["comparisons"] if one["kind"] == kind]
        ratios = [arm["ratio"] for one in own for arm in one["arms"] if arm["ratio"] is not None]
        spans = [(arm["low"], arm["high"]) for one in own for arm in one["arms"]]
        widths = [(high / low) ** 0.5 - 1 for low, high in spans if low and high]
        counts = [sum(one["state"] == state for one in own) for state in ("held", "cannot tell", "dropped")]
        ends = f"{min(ratios):.3f} to {max(ratios):.3f}" if ratios else MISSING
        width = f"{100 * statistics.median(widths):.1f}" if widths else MISSING
        rows.append((words, str(len(own)), *map(str, counts), ends, width))
    headers = ("two sides", "comparisons", "held", "cannot tell", "dropped", "ratios of its arms", "half-width, %")
    table = tabulate(rows, headers, tablefmt="pipe", disable_numparse=True, colalign=("left", *["right"] * 6))
    arms = counted(len(document["comparisons"][0]["arms"]), "arm")
    return f"{table}\n\n<sub>`--gate {document['gate']}`, {arms}; {_conditions(document['environment'])}</sub>"


def _conditions(environment: Environment) -> str:
    versions = f"python {environment.get('python')}, torch {environment['torch']}"
    cores, commit = counted(environment.get("cores", 0), "core"), short_commit(environment.get("commit", "unknown"))
    return f"{environment['hardware']}, {cores}; {versions}; {commit}"
