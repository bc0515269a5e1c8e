"""Tests of the figure of slopes from run to run."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from bench.harness.analysis.runs.compare import compare
from bench.harness.analysis.runs.run import ArmName, ArmOfRun, Run, run_of_records
from bench.harness.report.runs.slopes import short_names, slopes_svg
from tests.bench.beside import a_beside
from tests.bench.conftest import a_phase, a_record


def a_run(name: str, accuracy: float) -> Run:
    """Return a run of two studies."""
    records = [
        a_record(arm, seed, study=study, accuracy=accuracy, label=f"{study} $ {arm}")
        for study in ("norm", "depth")
        for arm in ("base", "other")
        for seed in range(3)
    ]
    return run_of_records(name, records, [a_phase({"base": 1000.0, "other": 900.0})], [a_beside({"base": 0.9})])


def test_every_arm_has_its_slope() -> None:
    """A panel of accuracy and one of speed a study; each arm has a line with a hover text in the first."""
    svg = slopes_svg(compare(a_run("results/a/quick", 0.8), [a_run("results/b/quick", 0.9)]))

    assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 - our own figure
    assert svg.count("<title>norm $ base: accuracy, points 10") == 1
    assert svg.count("<title>norm $ base: training speed, base = 1 0.900") == 1
    assert svg.count("<title>depth $ other: accuracy, points") == 1
    assert "<title>depth $ other: training speed" not in svg


def test_without_speeds_there_is_one_panel_a_study() -> None:
    """Runs that measured none have no empty panel, and a legend all the same."""
    runs = [replace(a_run(name, 0.8), besides=(), arms=without_phases(a_run(name, 0.8))) for name in ("a", "b")]

    svg = slopes_svg(compare(runs[0], runs[1:]))

    assert "training speed" not in svg
    assert svg.count(">depth $ other<") == 1


def without_phases(run: Run) -> dict[ArmName, ArmOfRun]:
    """Return a run's arms without their speeds."""
    return {name: replace(arm, phase=None) for name, arm in run.arms.items()}


def test_equal_runs_give_equal_bytes() -> None:
    """Nothing in it depends on the moment."""
    runs = compare(a_run("a", 0.8), [a_run("b", 0.9)])

    assert slopes_svg(runs) == slopes_svg(runs)


def test_an_arm_that_a_run_lacks_has_a_gap() -> None:
    """Its line goes over the runs that have it."""
    base, other = a_run("a", 0.8), a_run("b", 0.9)
    less = replace(other, arms={name: arm for name, arm in other.arms.items() if name[1] == "base"})

    svg = slopes_svg(compare(base, [less, a_run("c", 0.85)]))

    assert "<title>norm $ other: accuracy, points 5" in svg


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["results/a/quick", "results/b/quick"], ["a", "b"]),
        (["a", "b/c.json"], ["a", "c"]),
        (["x/" + 30 * "y", "z"], ["…" + 13 * "y", "z"]),
        (["quick", "quick"], ["quick", "quick"]),
    ],
)
def test_names_on_the_axis_tell_runs_apart(names: list[str], short: list[str]) -> None:
    """The part that all have in common at the end is left out, and long names are cut at their start."""
    assert short_names([Run(name=name, arms={}) for name in names]) == short
