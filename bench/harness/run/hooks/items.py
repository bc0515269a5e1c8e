"""The tests of a run: which are trials, which measure an arm's speed, in which order they stand, and the looks."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.harness.study.study import RunTrial, Study

_ARM: pytest.StashKey[str] = pytest.StashKey()  # of a test that is made here
_SEED: pytest.StashKey[int] = pytest.StashKey()  # of a trial that is made here

SPEED = "speed"  # the marker of the tests that measure an arm's speed: -m "not speed" leaves them out
More = Callable[[], tuple[str, list[pytest.Item]]]


def speed_items(collector: pytest.Collector, study: Study, protocol: str) -> list[pytest.Item]:
    """Return a test for each arm of a study that measures its speed."""
    items: list[pytest.Item] = []
    for arm in study.arm_names(protocol):
        item = pytest.Function.from_parent(collector, name=f"speed[{arm}]", callobj=_measure_speed)
        item.stash[_ARM] = arm
        item.add_marker(SPEED)
        items.append(item)
    return items


def _measure_speed(run_speed: Callable[[], None]) -> None:
    """Measure the speed of the test's arm, in turns with all arms of its study."""
    run_speed()


def trial_item(like: pytest.Item, study: Study, arm: str, seed: int) -> pytest.Item:
    """Return the test of one more trial of a study.

    Args:
        like: the test of another trial of this study.
        study: the study.
        arm: its arm.
        seed: its seed.
    """

    def train(run_trial: RunTrial) -> None:
        """Train one more seed of an arm whose comparison is open."""
        run_trial(study, arm, seed)

    name = like.name.partition("[")[0]
    item = pytest.Function.from_parent(like.parent, name=f"{name}[{arm}-seed{seed}]", callobj=train)
    item.stash[_ARM], item.stash[_SEED] = arm, seed
    return item


class Look(pytest.Item):
    """A look at the verdicts between trials: puts the trials of the comparisons that get more seeds behind itself.

    It belongs to the session and to no module, so that tests of any module may follow.
    """

    more: More

    def runtest(self) -> None:
        """Look, and put whatever follows behind this item, with another look at its end."""
        line, items = self.more()
        self.user_properties.append(("trial", line))
        if items:
            place = self.session.items.index(self) + 1
            self.session.items[place:place] = [*items, look_item(self.session, self.more)]
            self.session.testscollected += len(items) + 1

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return where pytest says that it is."""
        return self.path, None, "look"


def look_item(session: pytest.Session, more: More) -> Look:
    """Return a look; `more` returns a line on what follows it, and the tests of that."""
    item: Look = Look.from_parent(session, name="look")
    item.more = more
    return item


def measures_speed(item: pytest.Item) -> bool:
    """Return whether a test measures an arm's speed."""
    return _ARM in item.stash and _SEED not in item.stash


def study_of(item: pytest.Item) -> Study | None:
    """Return the study that a test is a trial of, or whose arm's speed it measures."""
    study = getattr(getattr(item, "module", None), "STUDY", None)
    return study if isinstance(study, Study) and ("arm" in _parameters(item) or _ARM in item.stash) else None


def arm_of(item: pytest.Item) -> str:
    """Return the arm of a study's test."""
    return item.stash[_ARM] if _ARM in item.stash else str(_parameters(item)["arm"])


def seed_of(item: pytest.Item) -> int:
    """Return the seed of a trial's test."""
    return item.stash[_SEED] if _SEED in item.stash else int(_parameters(item)["seed"])


def place(item: pytest.Item, seeds: Sequence[int]) -> int:
    """Return where a test stands: trials seed by seed, then looks, then speeds; what is none of these comes first."""
    if measures_speed(item):
        return len(seeds) + 1
    if isinstance(item, Look):
        return len(seeds)
    return seeds.index(seed_of(item)) if study_of(item) else -1


def what_selected(config: pytest.Config) -> str:
    """Return what took the trials away, in the words of the command line."""
    options = {"--studies": config.option.studies, "-k": config.option.keyword, "-m": config.option.markexpr}
    options["--deselect"] = " ".join(config.option.deselect or ())
    given = [f"{name} {value!r}" for name, value in options.items() if value]
    return f"{' and '.join(given) or 'what was asked for'} leaves none; `--collect-only -q` lists them"


def _parameters(item: pytest.Item) -> Mapping[str, Any]:
    return getattr(getattr(item, "callspec", None), "params", {})
