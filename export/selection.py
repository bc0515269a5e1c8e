"""Which trials are exported: the best on validation images, of equals the cheapest; the test set has no say."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import UserError
from bench.names import unknown
from bench.record import Record, latest, setting_of
from export.repository import model_name


class SelectionError(UserError):
    """Nothing can be exported, or what was asked for is not in the records; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A trial to export.

    Attributes:
        name: of the model in the repository.
        record: of the trial.
        among: how many trials it was chosen from.
        group: what those have in common, for the reader.
    """

    name: str
    record: Record
    among: int
    group: str

    @property
    def reason(self) -> str:
        """Why this one, in a sentence."""
        accuracy = f"{100 * (self.record.validation_accuracy or 0):.2f} % on validation images"
        trials = "the only trial" if self.among == 1 else f"the best of {self.among} trials"
        return f"{trials} of {self.group}: {accuracy}"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The trials to export, and why others cannot be: a sentence each."""

    choices: tuple[Choice, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a user asked for; None means no restriction. By default the best trial of each arm.

    Attributes:
        studies: the best of each arm of these.
        architectures: the best of each of these, a data set each, whatever the study.
        every: the best of every architecture that has a record, a data set each.
        winner: of each study only the best of all arms.
    """

    studies: tuple[str, ...] | None = None
    architectures: tuple[str, ...] | None = None
    every: bool = False
    winner: bool = False


def select(records: Iterable[Record], wish: Wish) -> Selection:
    """Return the trials that a wish means.

    Only a study's newest setting counts (device, threads, torch ...): accuracies of several are never compared. Where
    architectures are asked for, that holds for each data set.

    Raises:
        SelectionError: an unknown study or architecture, or no trial that can be exported.
    """
    current = _of_newest_setting(latest(records), apart=_by_architecture(wish))
    if not current:
        raise SelectionError("there are no records: run `pytest bench/` first, or name its results with --results")
    _check_known("study", wish.studies, {record.study for record in current})
    _check_known("architecture", wish.architectures, {record.architecture for record in current})
    wanted = [
        record
        for record in current
        if (wish.studies is None or record.study in wish.studies)
        and (wish.architectures is None or record.architecture in wish.architectures)
    ]
    usable = [record for record in wanted if _objection(record) is None]
    left_out = tuple(
        f"{record.study}/{record.arm}, seed {record.seed}: {objection}"
        for record in wanted
        if (objection := _objection(record)) is not None
    )
    if not usable:
        raise SelectionError(f"none of {len(wanted)} trials can be exported: {'; '.join(left_out) or 'no such trial'}")
    return Selection(choices=tuple(_choices(usable, wish)), left_out=left_out)


def _choices(records: Sequence[Record], wish: Wish) -> list[Choice]:
    if _by_architecture(wish):
        return _best(records, lambda record: (record.architecture, record.dataset), "{0} on {1}", "{0}_{1}")
    if wish.winner:
        return _best(records, lambda record: (record.study,), "study {0}", "{0}")
    return _best(records, lambda record: (record.study, record.arm), "{0}/{1}", "{0}_{1}")


def _best(records: Sequence[Record], key: Callable[[Record], tuple[str, ...]], group: str, name: str) -> list[Choice]:
    """Return the best trial of each group."""
    groups: dict[Hashable, list[Record]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return [
        Choice(
            name=model_name(name.format(*key(best))), record=best, among=len(members), group=group.format(*key(best))
        )
        for members in groups.values()
        for best in [min(members, key=_order)]
    ]


def _order(record: Record) -> tuple[float, float, int, int]:
    """Sort the best on validation first, then the cheapest, then the lowest seed."""
    return -(record.validation_accuracy or 0), record.mflops_per_image, record.parameters, record.seed


def _by_architecture(wish: Wish) -> bool:
    return wish.every or wish.architectures is not None


def _of_newest_setting(records: Sequence[Record], *, apart: bool) -> list[Record]:
    """Return the records of the setting in which each study was run last; `apart`: on each data set."""

    def run(record: Record) -> tuple[str, ...]:
        return (record.study, record.dataset) if apart else (record.study,)

    newest = {run(record): setting_of(record) for record in sorted(records, key=lambda record: record.finished)}
    return [record for record in records if setting_of(record) == newest[run(record)]]


def _objection(record: Record) -> str | None:
    """Return why a trial cannot be exported, None if it can."""
    if record.status != "ok":
        return f"it {record.status}"
    if record.validation_accuracy is None:
        return "it trained on every image, so there is nothing to choose on"
    return None if record.checkpoint else "it has no checkpoint"


def _check_known(kind: str, names: Sequence[str] | None, known: Iterable[str]) -> None:
    for name in names or ():
        if name not in set(known):
            raise SelectionError(unknown(kind, name, sorted(known)))


def checkpoint_path(results: Path, record: Record) -> Path:
    """Return where a trial's checkpoint is.

    Raises:
        SelectionError: it is not there.
    """
    path = results / str(record.checkpoint)
    if not path.is_file():
        raise SelectionError(
            f"checkpoint {path} of {record.study}/{record.arm}, seed {record.seed} is missing: "
            "train it again with `pytest bench/ --fresh`, or name the folder it is in with --results"
        )
    return path
