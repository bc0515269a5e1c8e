"""Tests of bench.commands.trust.speed_check: identical arms in turns, and how many of their intervals hold 1."""

import argparse
import json
from functools import partial
from pathlib import Path

import pytest

from bench.commands.trust import speed_check
from bench.commands.trust.speed_check import Pair, summary
from bench.harness.errors import UserError
from bench.harness.speed.subject import Budget

SMALL = Budget(turns=9, seconds=0.002, least_steps=1, tried_seconds=0.002)


def pair(low: float, high: float) -> Pair:
    """Return a pair with an interval, of nine turns, three of them disturbed."""
    return Pair("study", "arm", (low * high) ** 0.5, low, high, 9, 3)


def arguments(*words: str) -> argparse.Namespace:
    """Return the options of a command line."""
    parser = argparse.ArgumentParser()
    parser.set_defaults(command_line="speed-check")
    speed_check.add_options(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(("low", "high", "holds"), [(0.9, 1.1, True), (1.01, 1.2, False), (0.8, 0.99, False)])
def test_an_interval_holds_one_or_not(low: float, high: float, *, holds: bool) -> None:
    """Both ends count."""
    assert pair(low, high).holds is holds


def test_the_summary_counts_and_says_how_sure_the_share_is() -> None:
    """With the exact interval of a binomial share, the half-widths and the disturbed turns."""
    pairs = [pair(0.9, 1.1)] * 19 + [pair(1.0201, 1.21)]

    text = summary([one._asdict() for one in pairs], 2)

    assert text.startswith("19 of 20 intervals hold 1: 95.0% [75.1%, 99.9%]; half-width median 10.6%, largest 10.6%")
    assert text.endswith("33% of the turns disturbed; beside 2 busy programs")


def test_pairs_are_written_with_their_conditions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The studies' arms in their order, each with an interval that holds its ratio."""
    monkeypatch.setattr(speed_check, "Budget", partial(Budget, *SMALL))
    path = tmp_path / "pairs.json"

    speed_check.run(arguments("--pairs", "2", "--threads", "1", "--device", "cpu", "--json", str(path)))

    content = json.loads(path.read_text("utf-8"))
    assert content["environment"]["hardware"]
    assert content["neighbours"] == 0
    assert [one["arm"] for one in content["pairs"]] == ["sk-relu", "sk-tanh"]
    for one in content["pairs"]:
        assert one["low"] <= one["ratio"] <= one["high"]
        assert one["turns"] >= SMALL.turns
    assert "of 2 intervals hold 1" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("--pairs", "0"), ("--neighbours", "-1")])
def test_numbers_that_are_too_small_are_refused(words: tuple[str, str]) -> None:
    """By name, with the least that can be used."""
    with pytest.raises(UserError, match=f"{words[0]} is {words[1]}: it must be at least"):
        speed_check.run(arguments(*words))
