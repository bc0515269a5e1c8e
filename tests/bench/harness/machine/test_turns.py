"""Tests of bench.harness.machine.turns: who measures when. How files are timed is tested with the exports."""

from functools import partial

import pytest

from bench.harness.machine.turns import ratios, rotated, take_turns


def test_each_turn_begins_with_the_next() -> None:
    """So that none is always first: what comes first may find cold caches."""
    order: list[str] = []

    values = take_turns({name: partial(order.append, name) for name in "abc"}, 4)

    assert "".join(order) == "abc" + "bca" + "cab" + "abc"
    assert {name: len(turns) for name, turns in values.items()} == {"a": 4, "b": 4, "c": 4}


def test_an_order_can_be_kept() -> None:
    """From small to large in every turn, where a large one would hide what a small one adds."""
    order: list[int] = []

    take_turns({size: partial(order.append, size) for size in (1, 2)}, 2, rotate=False)

    assert order == [1, 2, 1, 2]


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
