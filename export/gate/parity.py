"""The gate: a file answers the whole test split as the net does, in two runtimes, or it is not published.

How far logits may be off follows from the net: float32 rounding alone moves them by so much from their exact values
(measured in float64), and another order of the same sums moves them by about as much again. Over 36 files and two
runtimes the root mean square of the differences was 1 to 3 times that of the rounding, and the largest 1 to 4 times its
largest. The smallest faults, an LRN window of four or six channels in the place of five in one layer, moved the root
mean square by 12 times and more, and often no logit by the 1e-4 of the largest that is a common tolerance.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from export.gate.runtime import Run, answer
from export.repository.golden import Answers, Floats, Pixels

RMS_ROUNDINGS, RMS_FLOOR = 6, 1e-7  # times the rounding's root mean square; of the largest logit
ROUNDINGS, FLOOR, CEILING = 16, 1e-6, 1e-4  # times the largest rounding; of the largest logit, and never of less than 1
PROBABILITY_TOLERANCE = 1e-4
SHOWN = 5  # images in a message

Classes = npt.NDArray[np.integer]


class Rounding(NamedTuple):
    """A net's float32 logits against their exact values: the largest difference and the root mean square."""

    largest: float = math.inf
    rms: float = math.inf


UNKNOWN = Rounding()


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The answers that a file must give on a split of n images.

    Attributes:
        images: (n, channels, height, width) uint8.
        labels: (n,).
        logits, probabilities: the net's answers in torch, float32 (n, classes).
        recorded: (n,) the classes in the trial's record, None where there is none.
        rounding: rounding of the net's logits; infinite where it is not known.
    """

    images: Pixels
    labels: Classes
    logits: Floats
    probabilities: Floats
    recorded: Classes | None = None
    rounding: Rounding = UNKNOWN

    @property
    def tolerance(self) -> float:
        """The largest difference that a logit may have."""
        scale = self._scale
        return min(max(ROUNDINGS * self.rounding.largest, FLOOR * scale), CEILING * scale)

    @property
    def rms_tolerance(self) -> float:
        """The largest root mean square that the differences of all logits may have."""
        return max(RMS_ROUNDINGS * self.rounding.rms, RMS_FLOOR * self._scale)

    @property
    def _scale(self) -> float:
        return max(1.0, float(np.abs(self.logits).max()))

    @property
    def margins(self) -> Floats:
        """By how much each image's best logit beats the second: (n,)."""
        second, best = np.sort(self.logits, axis=1)[:, -2:].T
        gaps: Floats = best - second
        return gaps


@dataclass(frozen=True, kw_only=True)
class Parity:
    """One runtime's answers at one batch size, compared with the net's.

    Attributes:
        runtime, batch: who answered, how many images at a time.
        largest_difference: largest difference of any logit.
        tolerance: the largest difference allowed.
        rms_difference: root mean square over all logits.
        rms_tolerance: the largest root mean square allowed.
        accuracy: accuracy of the runtime's answers, 0 to 1.
        near_ties: images answered differently whose two best logits are closer than twice the largest difference
            (twice the tolerance, where that is less).
        problems: one sentence per fault; empty: the gate is passed.
    """

    runtime: str
    batch: int
    largest_difference: float
    tolerance: float
    rms_difference: float
    rms_tolerance: float
    accuracy: float
    near_ties: tuple[int, ...]
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what the card holds; what is not finite is null."""
        values = asdict(self)
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in values.items()
        }


def gate(reference: Reference, runs: Sequence[tuple[str, Run]], batches: Sequence[int]) -> list[Parity]:
    """Return the comparison of every runtime at every batch size on all images."""
    return [
        compare(reference, answer(run, reference.images, batch), runtime, batch)
        for runtime, run in runs
        for batch in batches
    ]


def compare(reference: Reference, answers: Answers, runtime: str, batch: int) -> Parity:
    """Return how answers compare with the reference."""
    where = f"{runtime}, batch {batch}"
    if answers.logits.shape != reference.logits.shape:
        problem = f"{where}: logits have shape {answers.logits.shape}, the net's {reference.logits.shape}"
        return Parity(
            runtime=runtime,
            batch=batch,
            largest_difference=math.inf,
            tolerance=reference.tolerance,
            rms_difference=math.inf,
            rms_tolerance=reference.rms_tolerance,
            accuracy=0.0,
            near_ties=(),
            problems=(problem,),
        )
    differences = np.abs(answers.logits - reference.logits).max(axis=1)
    differences[~np.isfinite(answers.logits).all(axis=1)] = np.inf
    largest, rms = float(differences.max()), root_mean_square(answers.logits - reference.logits)
    said = answers.logits.argmax(axis=1)
    expected = reference.logits.argmax(axis=1) if reference.recorded is None else reference.recorded
    differing = np.flatnonzero((said != expected) | (said != reference.logits.argmax(axis=1)))
    close = reference.margins[differing] < 2 * min(largest, reference.tolerance)
    problems = [
        *_too_far(differences, reference.tolerance, where),
        *_too_far_on_average(rms, reference.rms_tolerance, where),
        *_flipped(differing[~close], said, expected, where),
        *_bad_probabilities(answers, reference, where),
    ]
    return Parity(
        runtime=runtime,
        batch=batch,
        largest_difference=largest,
        tolerance=reference.tolerance,
        rms_difference=rms,
        rms_tolerance=reference.rms_tolerance,
        accuracy=float((said == reference.labels).mean()),
        near_ties=tuple(int(place) for place in differing[close]),
        problems=tuple(problems),
    )


def _too_far(differences: Floats, tolerance: float, where: str) -> list[str]:
    far = np.flatnonzero(~(differences <= tolerance))
    if not len(far):
        return []
    worst = differences.max()
    many = f"{len(far)} of {len(differences)} images"
    return [f"{where}: logits of {many} differ by more than {tolerance:.2g}, by up to {worst:.3g}: {_places(far)}"]


def _too_far_on_average(rms: float, tolerance: float, where: str) -> list[str]:
    if rms <= tolerance:
        return []
    return [f"{where}: logits of all images differ by {rms:.3g} (root mean square), more than {tolerance:.2g}"]


def root_mean_square(differences: Floats) -> float:
    """Return the root mean square of all values, infinity where one of them is not finite."""
    rms = float(np.sqrt(np.mean(np.square(differences, dtype=np.float64))))
    return rms if math.isfinite(rms) else math.inf


def _flipped(places: npt.NDArray[np.integer], said: Classes, expected: Classes, where: str) -> list[str]:
    if not len(places):
        return []
    first = places[0]
    example = f"image {first} class {said[first]}, not {expected[first]}"
    return [f"{where}: {len(places)} images get another answer than in the table, {example}: {_places(places)}"]


def _bad_probabilities(answers: Answers, reference: Reference, where: str) -> list[str]:
    gap = np.abs(answers.probabilities - reference.probabilities).max(axis=1)
    bad = np.flatnonzero(~(gap <= PROBABILITY_TOLERANCE))
    return [f"{where}: probabilities differ by up to {gap.max():.3g}: {_places(bad)}"] if len(bad) else []


def _places(places: npt.NDArray[np.integer]) -> str:
    more = ", ..." if len(places) > SHOWN else ""
    return "images " + ", ".join(str(place) for place in places[:SHOWN]) + more
