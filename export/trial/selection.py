"""Which trials are exported: the best on validation images, of equals the cheapest; the test set has no say."""

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.harness.errors import UserError, unknown
from bench.harness.records.record import Record
from bench.harness.records.setting import TRAINED_BY_HAND, latest, setting_of
from export.repository.layout import model_name

VARIANTS = ("int8", "float16")  # suffixes of the names of models in lower precision


class SelectionError(UserError):
    """Nothing can be exported, or what was asked for is not in the records; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A trial to export.

    Attributes:
        name: name of the model in the repository.
        record: record of the trial.
        among: number of trials it was chosen from.
        equals: number of these that are as good on validation images, this one included.
        group: the settings those have in common, for the reader.
    """

    name: str
    record: Record
    among: int
    equals: int
    group: str

    @property
    def reason(self) -> str:
        """Why this one, in a sentence."""
        record = self.record
        accuracy = f"{100 * (record.validation_accuracy or 0):.2f} % on validation images"
        trials = "the only trial" if self.among == 1 else f"the best of {self.among} trials"
        tie = f", the cheapest of {self.equals} equals" if self.equals > 1 else ""
        return f"{trials} of {self.group}{tie}: {record.study}/{record.arm} seed {record.seed}, {accuracy}"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The trials to export, and why others cannot be: a sentence each."""

    choices: tuple[Choice, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A user's choice of trials; None means no restriction. By default the best trial of each arm.

    Attributes:
        studies: the best of each arm of these.
        architectures: the best of each of these, a data set each, whatever the study.
        every: the best of every architecture that has a record, a data set each.
        winner: whether only the best of all arms is taken from each study.
    """

    studies: tuple[str, ...] | None = None
    architectures: tuple[str, ...] | None = None
    every: bool = False
    winner: bool = False

    @property
    def by_architecture(self) -> bool:
        """Whether architectures are asked for, in whatever study they stand."""
        return self.every or self.architectures is not None


def select(records: Iterable[Record], wish: Wish) -> Selection:
    """Return the trials that a wish means.

    Accuracies of two settings (device, threads, torch ...) are never compared: of a study only its newest setting
    counts, and where architectures are asked for, the newest of each of them on each data set.

    Raises:
        SelectionError: an unknown study or architecture, one without a trial that can be exported, or two models of
            the same name.
    """
    current = _standing(list(records))
    if not current:
        raise SelectionError("there are no records: run `pytest bench/` first, or name its results with --results")
    _check_known("study", wish.studies, {record.study for record in current})
    _check_known("architecture", wish.architectures, {record.architecture for record in current})
    wanted = _asked_for(current, wish)
    usable = [record for record in wanted if _objection(record) is None]
    left_out = tuple(
        f"{record.study}/{record.arm}, seed {record.seed}: {objection}"
        for record in wanted
        if (objection := _objection(record)) is not None
    )
    _check_nothing_missing(wish, usable, left_out)
    choices = _choices(usable, wish)
    _check_names(choices)
    return Selection(choices=tuple(choices), left_out=left_out)


def _standing(records: Sequence[Record]) -> list[Record]:
    """Return the records that stand: of a study's arm those of its newest definition, of nets trained by hand each one.

    `python -m bench train` gives every definition the architecture's name: the best of them is looked for, among those
    of the newest code.
    """
    own = [record for record in records if record.protocol == TRAINED_BY_HAND]
    code = {(setting_of(record), record.arm): record.definition.get("code") for record in own}
    tried = {
        (record.arm, record.seed, json.dumps(record.definition, sort_keys=True)): record
        for record in own
        if record.definition.get("code") == code[setting_of(record), record.arm]
    }
    return [*latest(record for record in records if record.protocol != TRAINED_BY_HAND), *tried.values()]


def _asked_for(current: Sequence[Record], wish: Wish) -> list[Record]:
    """Return the records of the newest settings that a wish names, all where it names none."""
    newest = _of_newest_setting(current, _by_architecture if wish.by_architecture else _by_study)
    return [
        record
        for record in newest
        if _named(record.study, wish.studies) and _named(record.architecture, wish.architectures)
    ]


def _named(name: str, names: Sequence[str] | None) -> bool:
    return names is None or name in names


def _check_nothing_missing(wish: Wish, usable: Sequence[Record], left_out: Sequence[str]) -> None:
    """Refuse a wish of which one name, or everything, has no trial that can be exported."""
    there = {record.study for record in usable} | {record.architecture for record in usable}
    missing = {*(wish.studies or ()), *(wish.architectures or ())} - there
    if missing or not usable:
        names = f"of {', '.join(sorted(missing))} " if missing else ""
        raise SelectionError(f"no trial {names}can be exported: {'; '.join(left_out)}")


def _choices(usable: Sequence[Record], wish: Wish) -> list[Choice]:
    """Return the best trial of each architecture on each data set, of each study, or of each arm."""
    if wish.by_architecture:
        return _best(usable, _by_architecture, "{0} on {1}", "{0}_{1}")
    if wish.winner:
        return _best(usable, _by_study, "study {0}", "{0}")
    return _best(usable, lambda record: (record.study, record.arm), "{0}/{1}", "{0}_{1}")


Key = Callable[[Record], tuple[str, ...]]


def _by_study(record: Record) -> tuple[str, ...]:
    return (record.study,)


def _by_architecture(record: Record) -> tuple[str, ...]:
    return (record.architecture, record.dataset)


def _best(records: Sequence[Record], key: Key, group: str, name: str) -> list[Choice]:
    """Return the best trial of each group."""
    groups: dict[Hashable, list[Record]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return [
        Choice(
            name=model_name(name.format(*key(best))),
            record=best,
            among=len(members),
            equals=sum(member.validation_accuracy == best.validation_accuracy for member in members),
            group=group.format(*key(best)),
        )
        for members in groups.values()
        for best in [min(members, key=_order)]
    ]


def _check_names(choices: Sequence[Choice]) -> None:
    """Refuse two choices that would be versions of one model, or one of which would be the other's variant."""
    taken: dict[str, str] = {}
    for choice in choices:
        for name in (choice.name, *(f"{choice.name}_{kind}" for kind in VARIANTS)):
            if name in taken:
                raise SelectionError(
                    f"{taken[name]} and {choice.group} would both be exported as {name!r}: rename one of them"
                )
            taken[name] = choice.group


def _order(record: Record) -> tuple[float, float, int, int]:
    """Sort the best on validation first, then the cheapest, then the lowest seed."""
    return -(record.validation_accuracy or 0), record.mflops_per_image, record.parameters, record.seed


def _of_newest_setting(records: Sequence[Record], key: Key) -> list[Record]:
    """Return the records of the setting in which each group was run last."""
    newest = {key(record): setting_of(record) for record in sorted(records, key=lambda record: record.finished)}
    return [record for record in records if setting_of(record) == newest[key(record)]]


def _objection(record: Record) -> str | None:
    """Return why a trial cannot be exported, None if it can."""
    if record.status != "ok":
        return f"it {record.status}"
    if record.validation_accuracy is None:
        count = record.definition["recipe"].get("train_images")
        slice_of = "the images" if count is None else f"{count} images"
        return f"it trained on {slice_of} of {record.dataset}, which leaves too few to choose on"
    return None if record.checkpoint else "it has no checkpoint"


def _check_known(kind: str, names: Sequence[str] | None, known: Iterable[str]) -> None:
    for name in names or ():
        if name not in set(known):
            raise SelectionError(f"no trial of this run is of {unknown(kind, name, sorted(known))}")


def checkpoint_path(results: Path, record: Record) -> Path:
    """Return where a trial's checkpoint is.

    Raises:
        SelectionError: it is not there.
    """
    path = results / str(record.checkpoint)
    if not path.is_file():
        raise SelectionError(
            f"checkpoint {path} of {record.study}/{record.arm}, seed {record.seed} is missing: "
            f"train it again with `pytest bench/ --fresh -k '{record.arm} and seed{record.seed}'`, or name the folder "
            "it is in with --results"
        )
    return path
