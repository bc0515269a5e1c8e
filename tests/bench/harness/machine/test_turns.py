"""Tests of bench.harness.machine.turns: who measures when. How files are timed is tested with the exports."""

import itertools
from collections.abc import Iterator, Sequence
from functools import partial

import pytest

from bench.harness.machine import turns as module
from bench.harness.machine.neighbours import Usage
from bench.harness.machine.turns import ratios, rotated, take_turns, turns_text


def test_each_turn_begins_with_the_next() -> None:
    """So that none is always first: what comes first may find cold caches."""
    order: list[str] = []

    values = take_turns({name: partial(order.append, name) for name in "abc"}, 4)

    assert "".join(order) == "abc" + "bca" + "cab" + "abc"
    assert {name: len(turns) for name, turns in values.items()} == {"a": 4, "b": 4, "c": 4}


def test_an_order_can_be_kept() -> None:
    """From small to large in every turn, where a large one would hide what a small one adds."""
    order: list[int] = []

    turns = module.guarded_turns({size: partial(order.append, size) for size in (1, 2, 3)}, 2, in_order=True)

    assert order[:6] == [1, 2, 3, 1, 2, 3]
    assert list(module.by_name(turns)) == [1, 2, 3]


def test_values_belong_to_their_name_in_the_order_of_the_turns() -> None:
    """Whatever the order in which they were measured."""
    count = iter(range(100))

    assert take_turns({"a": lambda: next(count), "b": lambda: next(count)}, 3) == {"a": [0, 3, 4], "b": [1, 2, 5]}


def test_nothing_can_be_rotated() -> None:
    """No loop may be left for a task."""
    assert rotated([], 3) == []


def test_ratios_are_those_of_each_turn() -> None:
    """A machine that is half as fast in the second turn changes none."""
    assert ratios([4.0, 2.0], [2.0, 1.0]) == [2.0, 2.0]


def test_ratios_need_the_same_turns() -> None:
    """A turn that one of them did not take is no neighbour."""
    with pytest.raises(ValueError, match="shorter"):
        ratios([4.0, 2.0], [2.0])


QUIET = Usage(
    seconds=1.0, own_cores=1.0, other_cores=0.0, stolen_cores=0.0, throttled=0.0, runnable=1, mhz=None, cores=2
)
BUSY = QUIET._replace(other_cores=1.0)


class Watched:
    """A machine whose turns are disturbed as it is told: the watch of the module under test."""

    usages: Iterator[Usage] = iter(())

    def __init__(self, *, children: bool = False) -> None:
        self.children = children

    def usage(self) -> Usage:
        """Return the next turn's."""
        return next(self.usages)


def turns_beside(usages: Sequence[Usage], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return which of the turns are kept, numbered from 0, where three are wanted."""
    monkeypatch.setattr(module, "Watch", Watched)
    monkeypatch.setattr(Watched, "usages", iter(usages))
    number = itertools.count()
    kept = module.guarded_turns({"a": lambda: next(number)}, 3)
    return [turn.values["a"] for turn in kept]


def test_quiet_turns_are_kept_and_none_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as were wanted."""
    assert turns_beside([QUIET] * 3, monkeypatch) == [0, 1, 2]


def test_a_disturbed_turn_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left out, whatever was measured in it."""
    assert turns_beside([QUIET, BUSY, QUIET, BUSY, QUIET], monkeypatch) == [0, 2, 4]


def test_at_most_as_many_again_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a neighbour that stays, all turns are kept: they are said to be disturbed."""
    assert turns_beside([QUIET, QUIET, BUSY, BUSY, BUSY, BUSY], monkeypatch) == [0, 1, 2, 3, 4, 5]


def test_nothing_is_taken_again_where_it_cannot_be_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a neighbour that never rests a turn more than wanted is taken, not as many again."""
    assert turns_beside([BUSY] * 6, monkeypatch) == [0, 1, 2, 3]


def test_each_turn_has_a_random_order_and_everyone_once() -> None:
    """The same in every run: the order is drawn from the given random numbers."""
    orders: list[list[str]] = [[], []]
    for order in orders:
        module.guarded_turns({name: partial(order.append, name) for name in "abc"}, 6, seed=3)

    turns = ["".join(orders[0][start : start + 3]) for start in range(0, 18, 3)]
    assert orders[0][:18] == orders[1][:18]
    assert all(sorted(turn) == ["a", "b", "c"] for turn in turns)
    assert len(set(turns)) > 1


def test_turns_are_told() -> None:
    """Their number so far, after each."""
    told: list[int] = []

    module.guarded_turns({"a": lambda: 1}, 2, turn_ended=told.append)

    assert told[:2] == [1, 2]


@pytest.mark.parametrize(
    ("kept", "with_others", "text"),
    [
        ([9, 9], [0, 0], "9 turns"),
        ([9, 9], [0, 3], "9 turns, 3 of them disturbed"),
        ([18, 9], [4, 0], "9 to 18 turns, up to 4 of them disturbed"),
        ([1], [0], "1 turn"),
    ],
)
def test_turns_are_counted_over_all_figures(kept: list[int], with_others: list[int], text: str) -> None:
    """Not those of the first one: where turns were taken again, figures have different numbers of them."""
    assert turns_text(kept, with_others) == text
