"""Published numbers beside measured ones: whether a single run of ours would have given them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bench.harness.analysis.results import ArmResult, StudyResult
from bench.harness.records.key import content_hash, without_code
from bench.harness.records.parts import PublishedContext
from bench.harness.stats.spread import prediction

PROTOCOLS = ("published", "full")
Number = tuple[str, float]  # source and value
ASSUMPTIONS = "assumptions-"  # begins the names of studies that train systems with one assumption changed at a time


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """A published number with what was measured under the conditions that the article states, as far as it does.

    Attributes:
        study: name of the study that measured it.
        arm: its arm.
        published: the number, test accuracy in percent, with its source and conditions.
        run: the interval that holds one run's accuracy with a probability of 95 %, 0 to 1, on the same test images and
            with other seeds; None where one seed was run.
        again: the same system as other studies trained it, by chance or on another machine.
    """

    study: str
    arm: ArmResult
    published: PublishedContext
    run: tuple[float, float] | None
    again: tuple["Reproduction", ...] = ()

    @property
    def number(self) -> Number:
        """The published number's source and value."""
        return self.published["source"], self.published["value"]

    @property
    def reduced(self) -> bool:
        """Whether less was trained than the article's conditions say, so that the two numbers cannot be compared."""
        return self.arm.records[-1].reduced

    @property
    def inside(self) -> bool | None:
        """Whether the number, as it may have been rounded, is one that a run here could give; None: unknown."""
        if self.run is None or self.reduced:
            return None
        value, slack = self.published["value"], rounding(self.published["value"])
        return 100 * self.run[0] - slack <= value <= 100 * self.run[1] + slack


def rounding(value: float) -> float:
    """Return how far a printed number may be off: half of its last digit; a whole number is one of type int."""
    decimals = 0 if isinstance(value, int) else max(1, len(f"{value:g}".partition(".")[2]))
    return 0.5 / float(10**decimals)


def of_arm(study: str, arm: ArmResult) -> Iterator[Reproduction]:
    """Yield an arm's published numbers beside its measured one."""
    run = prediction([record.test_accuracy for record in arm.records])
    for published in arm.published:
        yield Reproduction(study=study, arm=arm, published=published, run=run)


def reproductions(results: Iterable[StudyResult]) -> list[Reproduction]:
    """Return every published number once, from studies that were run under the articles' own protocol.

    A system that several studies train is that of the first of them, with the others' beside it. Systems with a changed
    assumption are left out.
    """
    rows: dict[str, list[Reproduction]] = {}
    for row in _all(results):
        if not row.study.startswith(ASSUMPTIONS):
            definition = without_code(row.arm.records[-1].definition)
            rows.setdefault(content_hash([definition, *row.number]), []).append(row)
    return [replace(first, again=tuple(others)) for first, *others in rows.values()]


def changed_assumptions(results: Iterable[StudyResult]) -> dict[Number, list[Reproduction]]:
    """Return, by source and published value, the systems that were trained with one assumption changed."""
    changed: dict[Number, list[Reproduction]] = {}
    for row in _all(results):
        if row.study.startswith(ASSUMPTIONS) and not _is_baseline(row.arm):
            changed.setdefault(row.number, []).append(row)
    return changed


def other_options(row: Reproduction, rows: Iterable[Reproduction]) -> list[Reproduction]:
    """Return the systems that a number may be of as well: the same net with other options, trained the same way."""
    return [other for other in rows if other is not row and other.number == row.number and _alike(other, row)]


def _alike(one: Reproduction, other: Reproduction) -> bool:
    first, second = one.arm.records[-1].definition, other.arm.records[-1].definition
    return all(first.get(name) == second.get(name) for name in ("architecture", "recipe"))


def _all(results: Iterable[StudyResult]) -> Iterator[Reproduction]:
    for result in results:
        if result.setting.protocol in PROTOCOLS and not result.variant:
            for arm in result.arms:
                yield from of_arm(result.study, arm)


def _is_baseline(arm: ArmResult) -> bool:
    return all(comparison["baseline"] == arm.name for comparison in arm.records[-1].context["comparisons"])
