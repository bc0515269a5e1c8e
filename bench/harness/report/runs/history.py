"""The history of runs as one page that opens offline: each arm's accuracy and speed from run to run, with filters."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from bench.harness.analysis.runs.gate import Gate
from bench.harness.analysis.runs.history import Point, Series, Step, steps_of
from bench.harness.analysis.runs.run import ArmOfRun, Run
from bench.harness.number_format import counted, interval, signed
from bench.harness.report.figures.canvas import COLOURS
from bench.harness.report.page import part
from bench.harness.report.runs.slopes import short_names

READING = (
    "Runs are in the order in which they ended, oldest first, at equal distances.",
    (
        "Accuracy: mean over seeds on the test images; its line is the 95 % interval over seeds and test images, which "
        "a JSON of pytest-benchmark cannot give."
    ),
    (
        "Speed: that of training over the study's first arm, from the turns that both took in one phase, with its 95 % "
        "interval. What a machine does from run to run is in both, so that it says what the arm costs beside the first "
        "one; a change that slows all arms alike does not show there. Milliseconds a step are in the table."
    ),
    (
        "A step (▼ down, ▲ up) is a change since the arm's last run that is shown to be beyond the gate, corrected "
        "over the page in each direction (Holm 1979). Speeds have steps only where a run was measured side by side "
        "with the one before it (`python -m bench speed-beside`): phases at different times cannot tell a step from a "
        "busy machine."
    ),
)


def history_lines(series: Sequence[Series], gates: Sequence[Gate]) -> list[str]:
    """Return for a terminal how much there is, and each step."""
    steps = [f"  {_step_text(point, step)}" for point, step in steps_of(series)]
    return [f"{_extent(series)}; {counted(len(steps), 'step')} beyond {_listed(gates)}", *steps]


def history_page(series: Sequence[Series], gates: Sequence[Gate]) -> str:
    """Return the history as HTML that needs no other file and no network.

    Args:
        series: at least one.
        gates: those that its steps were called by.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    points = [point for one in series for point in one.points]
    return environment.from_string(part("history.html.j2")).render(
        extent=_extent(series),
        gates=_listed(gates),
        steps=[(step.direction, _step_text(point, step)) for point, step in steps_of(series)],
        studies=list(dict.fromkeys(one.newest.study for one in series)),
        machines=list(dict.fromkeys(_machine(point.arm) for point in points)),
        versions=list(dict.fromkeys(_version(point.arm) for point in points)),
        reading=READING,
        older=[
            f"{run.name}: {counted(run.older, 'trial')} of an older setting left out"
            for run in _runs(series)
            if run.older
        ],
        style=Markup(part("report.css") + part("history.css")),  # noqa: S704 - our own files
        script=Markup(part("history.js") + part("sort.js")),  # noqa: S704 - our own files
        data=_embedded({"series": list(_document(series)), "colours": COLOURS}),
    )


def _embedded(document: Any) -> Markup:  # noqa: ANN401 - any JSON
    """Return JSON that may stand in a script element: nothing in it ends the element."""
    return Markup(json.dumps(document, allow_nan=False).replace("<", "\\u003c"))  # noqa: S704 - escaped here


def _document(series: Sequence[Series]) -> Iterator[dict[str, Any]]:
    runs = _runs(series)
    places = {id(run): place for place, run in enumerate(runs)}
    names = short_names(runs)
    for one in series:
        arm = one.newest
        points = [_point(point, places[id(point.run)], names) for point in one.points]
        yield {"study": arm.study, "arm": arm.arm, "label": arm.label, "points": points}


def _point(point: Point, place: int, names: Sequence[str]) -> dict[str, Any]:
    arm, accuracy, ratio = point.arm, point.arm.accuracy, point.ratio
    return {
        "place": place,
        "run": point.run.name,
        "name": names[place],
        "finished": point.run.finished[:16].replace("T", " "),
        "commit": arm.conditions.get("commit", "unknown"),
        "machine": _machine(arm),
        "version": _version(arm),
        "n": len(arm.seeds),
        "accuracy": None
        if accuracy is None
        else [_percent(end) for end in (accuracy.mean, accuracy.low, accuracy.high)],
        "speed": None if ratio is None else [_rounded(end) for end in (ratio.median, ratio.low, ratio.high)],
        "milliseconds": None if arm.seconds is None else _rounded(1000 * arm.seconds),
        "steps": {step.gate.kind: [step.direction, _step_text(point, step)] for step in point.steps},
    }


def _percent(value: float | None) -> float | None:
    return None if value is None else _rounded(100 * value)


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)


def _runs(series: Sequence[Series]) -> list[Run]:
    """Return the runs that any arm is in, oldest first."""
    by_id = {id(point.run): point.run for one in series for point in one.points}
    return sorted(by_id.values(), key=lambda run: run.finished)


def _extent(series: Sequence[Series]) -> str:
    studies = len({one.newest.study for one in series})
    counts = counted(len(_runs(series)), "run"), counted(studies, "study", "studies"), counted(len(series), "arm")
    return ", ".join(counts)


def _listed(gates: Sequence[Gate]) -> str:
    return " and ".join(map(str, gates))


def _step_text(point: Point, step: Step) -> str:
    """Return a step as a line, such as `norm base, accuracy down 5.00 points [...] from old to new`."""
    arm, change, ends = point.arm, step.change, step.change.interval

    def size(effect: float) -> str:
        return signed(100 * effect, 2) if step.gate.kind == "accuracy" else signed(100 * math.expm1(effect), 1)

    unit = "points" if step.gate.kind == "accuracy" else "%"
    spans = f" {interval(*ends, size)}" if ends else ""
    return (
        f"{arm.study} {arm.arm}, {step.gate.kind} {step.direction}: {size(change.effect)} {unit}{spans}, "
        f"from {step.since} to {point.run.name}"
    )


def _machine(arm: ArmOfRun) -> str:
    """Return the machine as it is chosen by: its hardware, what it trained on, its cores."""
    conditions = arm.conditions
    named = [conditions.get(name, "unknown") for name in ("hardware", "device", "cores")]
    return f"{named[0]} ({named[1]}, {named[2]} cores)"


def _version(arm: ArmOfRun) -> str:
    return f"torch {arm.conditions.get('torch', 'unknown')}"
