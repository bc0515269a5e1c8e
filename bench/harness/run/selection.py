"""The studies and arms of a run: those that were asked for, but for what this device would only emulate."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from bench.harness.errors import unknown
from bench.harness.machine.precision import why_emulated
from bench.harness.run.settings import Settings, SettingsError
from bench.harness.study.study import Study

ALL = "all"  # as --studies: also those that are run on request


class Selection(NamedTuple):
    """The trials that are run.

    Attributes:
        arms: the names of each study's arms; studies that are not run are absent.
        lines: a sentence for each study or arm that is left out without having been asked to.
    """

    arms: Mapping[str, frozenset[str]]
    lines: tuple[str, ...]


def select(known: Mapping[str, Study], settings: Settings, device: Callable[[], str] | None) -> Selection:
    """Return what is run of the studies that there are.

    Args:
        known: the studies by name.
        settings: the run's.
        device: returns cpu, cuda or mps; asked only where an arm states a number format. None: nothing is run.

    Raises:
        SettingsError: a study that was asked for is not there, or lacks the protocol.
    """
    arms, lines = {}, []
    for name in _asked_for(known, settings):
        study = known[name]
        present = frozenset(study.arm_names(settings.protocol))
        if not present:
            lines.append(f"study {name!r} has no protocol {settings.protocol!r}: left out")
            continue
        out = left_out(study, settings.protocol, device) if device else LeftOut(frozenset(), "")
        arms[name] = present - out.arms
        lines += filter(None, [out.line])
    if not arms and lines:
        have = ",".join(name for name, study in known.items() if study.arm_names(settings.protocol))
        lines.append(f"protocol {settings.protocol!r} is run by --studies {have}")
    return Selection(arms, tuple(lines))


def _asked_for(known: Mapping[str, Study], settings: Settings) -> Iterable[str]:
    if settings.studies == (ALL,):
        return known
    for name in settings.studies:
        if name not in known:
            raise SettingsError(unknown("study", name, known))
        if not known[name].arm_names(settings.protocol):
            have = ", ".join(known[name].protocols)
            raise SettingsError(f"study {name!r} has no protocol {settings.protocol!r}: it has {have}")
    return dict.fromkeys(settings.studies or [name for name, study in known.items() if not study.on_request])


class LeftOut(NamedTuple):
    """The arms of a study that are not run.

    Attributes:
        arms: those in an emulated format, and those that nothing is left to be compared with.
        line: a sentence for the terminal, empty where no arm is left out.
    """

    arms: frozenset[str]
    line: str


def left_out(study: Study, protocol: str, device: Callable[[], str]) -> LeftOut:
    """Return the arms of a study that a device cannot run as they are meant.

    Args:
        study: the study.
        protocol: one that it has.
        device: returns cpu, cuda or mps; asked only where an arm states a number format.
    """
    names = study.arm_names(protocol)
    stated = {name: study.arm(protocol, name).recipe.get("precision") for name in names}
    reasons = {name: why_emulated(form, device()) for name, form in stated.items() if form}
    emulated = {name: reason for name, reason in reasons.items() if reason}
    if not emulated:
        return LeftOut(frozenset(), "")
    compared = set(_compared(study, set(names) - set(emulated)))
    arms = frozenset(names) - compared
    subject = f"arms {', '.join(name for name in names if name in arms)}" if compared else "all of it"
    return LeftOut(arms, f"study {study.name!r}: {subject} left out: {_causes(emulated, stated)}")


def _compared(study: Study, present: set[str]) -> Iterable[str]:
    """Yield the arms that have something to be compared with."""
    for comparison in study.comparisons:
        members = [name for name in comparison.members if name in present]
        if comparison.baseline in members and len(members) > 1:
            yield from members


def _causes(emulated: Mapping[str, str], stated: Mapping[str, str | None]) -> str:
    return "; ".join(dict.fromkeys(f"{stated[name]}: {reason}" for name, reason in emulated.items()))
