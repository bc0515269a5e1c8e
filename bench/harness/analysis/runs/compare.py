"""Joins runs by study, arm and seed: how accuracy and speed of each arm changed, and under which other conditions."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bench.harness.analysis.runs.run import CHOSEN, MACHINE, TRAINING_STATES, ArmName, ArmOfRun, Conditions, Run
from bench.harness.errors import UserError
from bench.harness.number_format import MISSING, counted
from bench.harness.records.beside import BesideRecord, standing_beside
from bench.harness.stats.runs.change import Change, change_of_accuracies, change_of_answers, in_log
from bench.harness.stats.runs.gate import Verdict, verdicts
from bench.harness.stats.runs.speed import change_beside

SPEED_MARGIN = 5.0  # percent, within which speeds count as tied


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A change with its verdict, or why there is none.

    Attributes:
        change: None where it cannot be had.
        verdict: as of `bench.harness.stats.runs.gate`; `no verdict` without a change.
        why_not: reason; empty where there is a change.
        noisy: it was measured, but too much of it was disturbed.
    """

    change: Change | None = None
    verdict: Verdict = "no verdict"
    why_not: str = ""
    noisy: bool = False


@dataclass(frozen=True, kw_only=True)
class ArmChange:
    """An arm in the base and in another run.

    Attributes:
        differing: names of the conditions that are not the same, but for code and commit.
    """

    base: ArmOfRun
    new: ArmOfRun
    accuracy: Judged
    speed: Judged
    differing: tuple[str, ...]

    def values(self, name: str) -> tuple[str, str]:
        """Return a condition's value in the base and in the new run; a dash where an option is left at its default."""
        return self.base.conditions.get(name, MISSING), self.new.conditions.get(name, MISSING)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A run beside the base.

    Attributes:
        changes: those of the arms that both have, in the base's order.
        lost: arms that the base has and the new run has not.
        added: the other way round.
    """

    base: Run
    new: Run
    changes: tuple[ArmChange, ...]
    lost: tuple[ArmName, ...]
    added: tuple[ArmName, ...]

    @property
    def differences(self) -> dict[str, tuple[str, str]]:
        """The conditions that differ in every arm that has them, with the base's value and the new run's."""
        shared: dict[str, list[tuple[str, str]]] = {}
        for change in self.changes:
            for name in _differing(change.base.conditions, change.new.conditions):
                shared.setdefault(name, []).append(change.values(name))
        return {
            name: pairs[0] for name, pairs in shared.items() if len(pairs) == len(self.changes) and len(set(pairs)) == 1
        }


def compare(base: Run, others: Sequence[Run], *, unlike_machines: bool = False) -> list[Comparison]:
    """Return every other run beside the base; verdicts are corrected over all arms of all of them.

    Args:
        base: the run that others are compared with.
        others: at least one.
        unlike_machines: compare speeds of different machines too.

    Raises:
        UserError: a run has no arm of the base.
    """
    comparisons = [_unjudged(base, new, unlike_machines=unlike_machines) for new in others]
    every = [change for comparison in comparisons for change in comparison.changes]
    accuracies = iter(_judged([one.accuracy for one in every], [one.base.margin for one in every]))
    speeds = iter(_judged([one.speed for one in every], [-in_log(SPEED_MARGIN)] * len(every)))
    return [
        replace(
            comparison,
            changes=tuple(replace(one, accuracy=next(accuracies), speed=next(speeds)) for one in comparison.changes),
        )
        for comparison in comparisons
    ]


def _judged(unjudged: Sequence[Judged], margins: Sequence[float]) -> list[Judged]:
    """Return the changes with their verdicts, all corrected together; those that cannot be had stay as they are."""
    known = [(one.change, margin) for one, margin in zip(unjudged, margins, strict=True) if one.change]
    given = iter(verdicts([change for change, _ in known], [margin for _, margin in known]))
    return [replace(one, verdict=next(given)) if one.change else one for one in unjudged]


def _unjudged(base: Run, new: Run, *, unlike_machines: bool) -> Comparison:
    shared = [name for name in base.arms if name in new.arms]
    if not shared:
        raise UserError(
            f"{new.name} has no arm of {base.name} ({_listed(base.arms)}): name two runs of the same studies"
        )
    return Comparison(
        base=base,
        new=new,
        changes=tuple(
            arm_change(base.arms[name], new.arms[name], new.besides, unlike_machines=unlike_machines) for name in shared
        ),
        lost=tuple(name for name in base.arms if name not in new.arms),
        added=tuple(name for name in new.arms if name not in base.arms),
    )


def _listed(names: Iterable[ArmName]) -> str:
    studies = {study: counted(len(list(arms)), "arm") for study, arms in groupby(names, lambda name: name[0])}
    return ", ".join(f"{study}: {arms}" for study, arms in studies.items())


def arm_change(
    base: ArmOfRun, new: ArmOfRun, besides: Sequence[BesideRecord], *, unlike_machines: bool = False
) -> ArmChange:
    """Return an arm in two runs, without verdicts.

    Args:
        base: the arm in the run that is compared with.
        new: the same arm in the other one.
        besides: the new run's measurements of speeds side by side.
        unlike_machines: compare speeds of different machines too.
    """
    return ArmChange(
        base=base,
        new=new,
        accuracy=_accuracy(base, new),
        speed=_beside(base, new, besides) or _speed(base, new, unlike_machines),
        differing=tuple(name for name in _differing(base.conditions, new.conditions) if name not in ("code", "commit")),
    )


def _differing(base: Conditions, new: Conditions) -> list[str]:
    """Return what differs of that which both state: also an option or hyper-parameter that one of them leaves out."""
    chosen = [kind for kind in CHOSEN if all(any(name.startswith(kind) for name in of_one) for of_one in (base, new))]
    names = [
        name
        for name in dict.fromkeys((*base, *new))
        if name.startswith(tuple(chosen)) or (name in base and name in new)
    ]
    return [name for name in names if base.get(name) != new.get(name)]


def _why_not(names: Iterable[str], base: Conditions, new: Conditions) -> str:
    return "; ".join(
        f"{name} {base[name]} and {new[name]}"
        for name in names
        if name in base and name in new and base[name] != new[name]
    )


def _accuracy(base: ArmOfRun, new: ArmOfRun) -> Judged:
    why_not = _why_not(TRAINING_STATES, base.conditions, new.conditions)
    if not why_not and not (base.accuracies and new.accuracies):
        why_not = "no trial of it"
    if why_not:
        return Judged(why_not=why_not)
    ours, theirs = new.answers, base.answers
    if ours is not None and theirs is not None:
        return Judged(change=change_of_answers(ours, theirs, same_seeds=base.seeds == new.seeds))
    images = max(base.test_images, new.test_images, 1)
    return Judged(change=change_of_accuracies(list(new.accuracies.values()), list(base.accuracies.values()), images))


def _beside(base: ArmOfRun, new: ArmOfRun, besides: Sequence[BesideRecord]) -> Judged | None:
    """Return the change of speed that was measured side by side with this base, None where there was none."""
    sides = [side.records[-1].environment for side in (base, new) if side.records]
    record = standing_beside(besides, base.study, *sides) if len(sides) == 2 else None  # noqa: PLR2004 - both
    arm = next((one for one in record.arms if one["arm"] == base.arm), None) if record else None
    if record is None or arm is None:
        return None
    kept = [place for place, turn in enumerate(record.turns) if not turn["disturbance"]]
    change = change_beside(*([arm[side][place] for place in kept] for side in ("new", "base")))
    if change:
        return Judged(change=change)
    causes = [turn["disturbance"] for turn in record.turns if turn["disturbance"]]
    return Judged(why_not=_turns_disturbed(causes, len(record.turns)), noisy=True)


def _speed(base: ArmOfRun, new: ArmOfRun, unlike_machines: bool) -> Judged:
    """Return the ratio of speeds that were measured at different times: nobody can say what of it is the machine's."""
    if base.phase is None or new.phase is None:
        return Judged(why_not="not measured")
    unlike = _why_not(MACHINE, base.speed_conditions, new.speed_conditions)
    if unlike and not unlike_machines:
        return Judged(why_not=f"other machine: {unlike}")
    before, after = base.seconds, new.seconds
    if before is None or after is None:
        noisy = base.phase if before is None else new.phase
        return Judged(why_not=_turns_disturbed(noisy.disturbances, noisy.turns), noisy=True)
    effect = math.log(before / after)
    return Judged(change=Change(effect=effect, n=len(new.phase.seconds), base_n=len(base.phase.seconds)))


def _turns_disturbed(causes: Sequence[str], turns: int) -> str:
    """Return how many turns were disturbed, with a cause."""
    return f"{len(causes)} of {turns} turns disturbed{f': {causes[0]}' if causes else ''}"
