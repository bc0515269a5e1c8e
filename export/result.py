"""The outcome of one export: published, unchanged or refused, with every figure that the tables show."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from export.gate.parity import Parity

Status = Literal["published", "unchanged", "refused"]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A variant in lower precision, judged against float32.

    Attributes:
        kind: int8 or float16.
        status: published; refused, with the reason; or not run, with the reason.
        reason: a sentence.
        scheme: which layers stayed float32.
        accuracy_lost: on the validation images, 0 to 1; negative where it was gained.
        test_accuracy: 0 to 1; reported, never used.
        flips: test images answered differently than by float32; reported, never used.
        times_as_fast: by batch size, the median over the turns.
        size: size of the file, bytes.
    """

    kind: str
    status: Status | Literal["not run"]
    reason: str
    scheme: str | None = None
    accuracy_lost: float | None = None
    test_accuracy: float | None = None
    flips: int | None = None
    times_as_fast: Mapping[int, float] = field(default_factory=dict)
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One export.

    Attributes:
        name: name of the model.
        version: in the repository; None where it was refused.
        status: published; unchanged: the newest version holds this very file; refused: `problems` says why.
        reason: why this trial was chosen.
        parity: one comparison per runtime and batch size.
        lrn_milliseconds: by form and batch size; empty without LRN.
        lrn_form: the form that was published.
        variants: in lower precision.
        accuracy: on the test images, with its interval.
        calibration_error: on the test images, before and after the temperature.
        notes: sentences that a user should know of it.
        seconds: time that it took.
        record_id: identity of the trial's record.
    """

    name: str
    status: Status
    reason: str
    version: int | None = None
    problems: tuple[str, ...] = ()
    parity: tuple[Parity, ...] = ()
    lrn_milliseconds: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    lrn_form: str | None = None
    variants: tuple[Variant, ...] = ()
    accuracy: tuple[float, float, float] | None = None
    calibration_error: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()
    nodes: int | None = None
    size: int | None = None
    seconds: float = 0.0
    record_id: str = ""

    @property
    def sentence(self) -> str:
        """The sentence that a user reads when it is done."""
        if self.version is None:
            return f"{self.name}: REFUSED: {'; '.join(self.problems)}"
        worst = max((comparison.largest_difference for comparison in self.parity), default=0.0)
        return (
            f"{self.name}: version {self.version} {self.status}, largest difference {worst:.1e}, "
            f"{self.seconds:.1f} s ({self.reason})"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what export.json holds."""
        return {**asdict(self), "parity": [comparison.as_dict() for comparison in self.parity]}
