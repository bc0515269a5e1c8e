"""The tests of a run: which are trials, which measure an arm's speed, and in which order they stand."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from bench.harness.study.study import Study

_ARM: pytest.StashKey[str] = pytest.StashKey()  # of a test that measures an arm's speed


def speed_items(collector: pytest.Collector, study: Study, protocol: str) -> list[pytest.Item]:
    """Return a test for each arm of a study that measures its speed."""
    items: list[pytest.Item] = []
    for arm in study.arm_names(protocol):
        item = pytest.Function.from_parent(collector, name=f"speed[{arm}]", callobj=_measure_speed)
        item.stash[_ARM] = arm
        items.append(item)
    return items


def _measure_speed(run_speed: Callable[[], None]) -> None:
    """Measure the speed of the test's arm, in turns with all arms of its study."""
    run_speed()


def measures_speed(item: pytest.Item) -> bool:
    """Return whether a test measures an arm's speed."""
    return _ARM in item.stash


def study_of(item: pytest.Item) -> Study | None:
    """Return the study that a test is a trial of, or whose arm's speed it measures."""
    study = getattr(getattr(item, "module", None), "STUDY", None)
    return study if isinstance(study, Study) and ("arm" in _parameters(item) or measures_speed(item)) else None


def arm_of(item: pytest.Item) -> str:
    """Return the arm of a study's test."""
    return item.stash[_ARM] if measures_speed(item) else str(_parameters(item)["arm"])


def seed_of(item: pytest.Item) -> int:
    """Return the seed of a trial's test."""
    return int(_parameters(item)["seed"])


def place(item: pytest.Item, seeds: Sequence[int]) -> int:
    """Return where a test stands: trials seed by seed, then speeds; what is neither comes first."""
    if measures_speed(item):
        return len(seeds)
    return seeds.index(seed_of(item)) if study_of(item) else -1


def _parameters(item: pytest.Item) -> Mapping[str, Any]:
    return getattr(getattr(item, "callspec", None), "params", {})
