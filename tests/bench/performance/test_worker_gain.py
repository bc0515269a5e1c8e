"""Tests of bench.performance.worker_gain."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.harness.errors import UserError
from bench.performance import worker_gain


def test_both_ways_take_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The ratio is the median of the turns' own; which goes first alternates."""
    order: list[int] = []

    def run(_: object, how: Sequence[str]) -> tuple[float, int]:
        order.append(2 if how == ["--workers", "2"] else 1)
        return 10.0 / order[-1], 25

    monkeypatch.setattr(worker_gain, "seconds_of", run)
    assert main(["workers", "--repeats", "2", "--json", str(tmp_path / "workers.json")]) == 0

    assert sorted(order[:2]) == sorted(order[2:]) == [1, 2]
    assert order[0] != order[2]
    assert json.loads((tmp_path / "workers.json").read_text("utf-8"))["trials"] == 25
    assert "2.00 [2.00, 2.00]" in capsys.readouterr().out


def test_a_run_is_timed_with_its_trials() -> None:
    """A real one, of one trial."""
    options = ["--protocol", "smoke", "--studies", "activation", "--seeds", "1"]
    seconds, trials = worker_gain.seconds_of([*options, "-k", "lenet5-relu and not speed"], ["--workers", "0"])

    assert seconds > 0
    assert trials == 1


def test_a_failing_run_is_an_error() -> None:
    """With what it said."""
    with pytest.raises(UserError, match="unknown protocol 'quik'"):
        worker_gain.seconds_of(["--protocol", "quik"], [])


@pytest.mark.parametrize("words", [["--workers", "1"], ["--repeats", "0"]])
def test_nothing_to_compare_is_refused(words: list[str]) -> None:
    """Naming the option."""
    assert main(["workers", *words]) == 2
