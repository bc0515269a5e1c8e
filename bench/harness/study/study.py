"""A study: one question, its arms, what is held fixed, and what makes two arms count as tied. Needs no torch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench.harness.errors import UserError, unknown
from bench.harness.records.parts import ComparisonContext, Context, PublishedContext
from bench.harness.study.recipe import Recipe

PROTOCOLS = ("smoke", "quick", "published", "full")
SMOKE_IMAGES, SMOKE_EPOCHS = 320, 2
DEFAULT_SEEDS: Mapping[str, int] = {"smoke": 2, "quick": 5, "published": 5, "full": 5}
FIRST_TUNING_SEED = 900_001  # trials must not use these: a learning rate was chosen with them


class StudyError(UserError):
    """A study that contradicts itself, or a name that is in no study."""


@dataclass(frozen=True)
class Published:
    """A figure that somebody reported: test accuracy in percent, an int if printed whole; where, and how it differs."""

    value: float
    source: str
    note: str = ""


@dataclass(frozen=True)
class Arm:
    """One variant: an architecture with its options, and what its recipe changes in its protocol's.

    `{steps}` in a label becomes the number of optimiser steps that a trial takes.
    """

    name: str
    label: str
    architecture: str
    options: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    published: tuple[Published, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Arms that are each compared with one baseline arm; within it all arms share what `held_fixed` says."""

    name: str
    title: str
    baseline: str
    arms: tuple[str, ...]

    @property
    def members(self) -> tuple[str, ...]:
        """The baseline and the arms that are compared with it."""
        return (self.baseline, *self.arms)


@dataclass(frozen=True)
class Protocol:
    """Under which conditions a study is run.

    Attributes:
        dataset: name of the data set.
        recipe: hyper-parameters that the arms share, but for what each states itself.
        arms: in the order of the tables.
        reduced: fewer images, epochs or channels than the protocol stands for, or smaller images.
        margin: difference within which two arms count as tied, where it is not the study's.
        target_training_error: 0 to 1; epochs and seconds until an epoch's training error is at or below it are
            reported, and a learning rate that is chosen for an arm is the one that reaches it soonest. None: not
            reported, and rates are chosen by validation accuracy.
    """

    dataset: str
    recipe: Recipe
    arms: tuple[Arm, ...]
    reduced: bool = False
    margin: float | None = None
    target_training_error: float | None = None


@dataclass(frozen=True, kw_only=True)
class Study:
    """One question and everything that answering it needs.

    Attributes:
        name: also the group of its tests.
        question: as a reader would ask it.
        held_fixed: settings that are the same in all arms of a comparison.
        margin: difference in accuracy, 0 to 1, within which two arms count as tied.
        comparisons: which arm is compared with which; in a protocol that lacks its baseline or all other arms a
            comparison is left out.
        protocols: `quick` and, where an article's own conditions can be run, `published`; `full` where
            `published` is reduced to what two cores train; `smoke` is made of `quick`, unless it is given.
        on_request: whether it is run only where it is named.
        test_curve: whether the test set is answered after every epoch, for a curve by which nothing is chosen.
    """

    name: str
    question: str
    held_fixed: str
    margin: float
    comparisons: tuple[Comparison, ...]
    protocols: Mapping[str, Protocol]
    on_request: bool = False
    test_curve: bool = False

    def __post_init__(self) -> None:
        """Check that every comparison names arms that exist, and that no two arms share a name."""
        for name, protocol in self.protocols.items():
            names = [arm.name for arm in protocol.arms]
            if len(set(names)) != len(names):
                raise StudyError(f"study {self.name!r}, protocol {name!r}: two arms share a name in {names}")
        known = {arm.name for protocol in self.protocols.values() for arm in protocol.arms}
        for comparison in self.comparisons:
            for name in comparison.members:
                if name not in known:
                    raise StudyError(f"study {self.name!r}: {unknown('arm', name, sorted(known))}")

    def protocol(self, name: str) -> Protocol:
        """Return a protocol; `smoke` is `quick` on a few hundred images for two epochs.

        Raises:
            StudyError: the study has no such protocol.
        """
        if name == "smoke" and name not in self.protocols:
            quick = self.protocol("quick")
            recipe = quick.recipe.but({"train_images": SMOKE_IMAGES, "epochs": SMOKE_EPOCHS})
            return replace(quick, recipe=recipe, arms=tuple(map(_smoke, quick.arms)), reduced=True)
        if name not in self.protocols:
            raise StudyError(f"study {self.name!r}: {unknown('protocol', name, self.protocols)}")
        return self.protocols[name]

    def arm_names(self, protocol: str) -> list[str]:
        """Return the arms of a protocol in their order, none if the study lacks the protocol."""
        if protocol not in self.protocols and not (protocol == "smoke" and "quick" in self.protocols):
            return []
        return [arm.name for arm in self.protocol(protocol).arms]

    def arm(self, protocol: str, name: str) -> Arm:
        """Return an arm.

        Raises:
            StudyError: the protocol has no such arm.
        """
        arms = {arm.name: arm for arm in self.protocol(protocol).arms}
        if name not in arms:
            raise StudyError(f"study {self.name!r}: {unknown('arm', name, arms)}")
        return arms[name]

    def context(self, protocol: str, arm: Arm) -> Context:
        """Return what a table must know of this arm."""
        conditions = self.protocol(protocol)
        present, stated = [other.name for other in conditions.arms], conditions.margin
        pairs = {comparison.name: self._pairs(comparison, present) for comparison in self.comparisons}
        context = Context(
            question=self.question,
            held_fixed=self.held_fixed,
            margin=self.margin if stated is None else stated,
            label=arm.label,
            order=present.index(arm.name),
            comparisons=[
                ComparisonContext(name=comparison.name, title=comparison.title, baseline=comparison.baseline)
                for comparison in self.comparisons
                if arm.name in comparison.members and pairs[comparison.name]
            ],
            published=[
                PublishedContext(value=published.value, source=published.source, note=published.note)
                for published in arm.published
            ],
            target_training_error=conditions.target_training_error,
            family=len(set().union(*pairs.values())),
        )
        return {**context, "test_curve": True} if self.test_curve else context

    @staticmethod
    def _pairs(comparison: Comparison, present: Sequence[str]) -> set[tuple[str, str]]:
        """Return what is compared, (arm, baseline), where only some arms are present."""
        if comparison.baseline not in present:
            return set()
        return {(arm, comparison.baseline) for arm in comparison.arms if arm in present}


def _smoke(arm: Arm) -> Arm:
    """Return an arm as `smoke` trains it: without a number of training images or epochs of its own."""
    own = {name: value for name, value in arm.recipe.items() if name not in ("train_images", "epochs")}
    return arm if own == arm.recipe else replace(arm, recipe=own)


RunTrial = Callable[[Study, str, int], None]  # the fixture of a study's test: study, arm, seed
