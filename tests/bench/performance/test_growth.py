"""Tests of bench.performance.growth, bench.performance.sweeps and bench.performance.growth_figure."""

import json
import math
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.harness.machine.device import Execution
from bench.harness.machine.neighbours import Usage
from bench.performance import growth, sweeps
from bench.performance.growth import growth_svg
from bench.performance.sweeps import Point, Sweep, sweep


def quadratic(overhead: float) -> Sweep:
    """Return a sweep whose time is an overhead and the square of the size, and whose memory is linear."""
    points = tuple(
        Point(size=size, seconds=overhead + size**2, low=1, high=2, n=1, memory_mb=2 * size) for size in (1, 4, 16, 64)
    )
    return Sweep(name="size", size="pixels", subject="a step", points=points, turns_disturbed=0)


def test_the_exponent_is_the_slope_of_the_logarithms() -> None:
    """Time grows with the square, memory linearly; a constant overhead of small sizes hardly matters."""
    slope, error = quadratic(0.0).exponent(lambda point: point.seconds) or (0.0, 1.0)

    assert slope == pytest.approx(2)
    assert error == pytest.approx(0, abs=1e-9)
    assert (quadratic(3.0).exponent(lambda point: point.seconds) or (0.0,))[0] == pytest.approx(2, abs=0.1)
    assert (quadratic(0.0).exponent(lambda point: point.memory_mb) or (0.0,))[0] == pytest.approx(1)


def test_two_points_have_no_exponent() -> None:
    """Any line goes through them."""
    curve = quadratic(0.0)
    short = Sweep(name="size", size="pixels", subject="a step", points=curve.points[:2], turns_disturbed=0)

    assert short.exponent(lambda point: point.seconds) is None


def test_sizes_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each turn measures every size once, and a point is the median with its range; the machine is held to be quiet."""
    monkeypatch.setattr(Usage, "disturbed", False)
    order: list[int] = []
    times = iter([1.0, 10.0, 3.0, 30.0, 2.0, 20.0])

    def measure(size: int) -> tuple[float, float | None]:
        order.append(size)
        return next(times), None

    curve = sweep(("n", "u", "s"), (1, 2), measure, 3)

    assert order == [1, 2] * 3
    assert [(point.seconds, point.low, point.high, point.n) for point in curve.points] == [
        (2, 1, 3, 3),
        (20, 10, 30, 3),
    ]


def test_an_epoch_is_timed() -> None:
    """A net of the registry on random images; memory is known on Linux."""
    seconds, memory = sweeps.train_epoch(Execution("cpu", 1), "mlp", {"hidden": ()}, images=64)

    assert seconds > 0
    assert memory is None or memory >= 0


@pytest.mark.parametrize("measure", [sweeps.report_seconds, sweeps.resume_seconds])
def test_records_are_reported_and_found_again(measure: sweeps.Measure) -> None:
    """A hundred synthetic ones, made of the committed ones."""
    assert measure(100)[0] > 0


def test_synthetic_records_are_trials_of_their_own() -> None:
    """No two share a key, and an arm has ten seeds."""
    records = sweeps.synthetic_records(200)

    assert len({record.key for record in records}) == 200
    assert len({(record.study, record.arm) for record in records}) == 20


def test_the_command_writes_points_and_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The JSON holds every point with the conditions, the figure is SVG, the table names the exponent."""
    monkeypatch.setattr(growth, "sweeps", lambda *_: [quadratic(0.0)])

    assert main(["growth", "--out", str(tmp_path), "--device", "cpu", "--threads", "1"]) == 0

    content = json.loads((tmp_path / "growth.json").read_text("utf-8"))
    assert len(content["sweeps"][0]["points"]) == 4
    assert content["environment"]["commit"]
    assert "2.00 ± 0.00" in capsys.readouterr().out
    assert (tmp_path / "growth.svg").read_text("utf-8").rstrip().endswith("</svg>")


def test_a_sweep_without_memory_is_drawn() -> None:
    """Where the system does not tell, the panel says so."""
    points = tuple(Point(size=n, seconds=math.sqrt(n), low=1, high=1, n=1, memory_mb=None) for n in (1, 2, 4))

    assert "not known here" in growth_svg([Sweep(name="n", size="u", subject="s", points=points, turns_disturbed=0)])
