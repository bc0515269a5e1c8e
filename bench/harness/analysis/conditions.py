"""States under which conditions a study's numbers were measured: what every table carries."""

from collections.abc import Iterable, Sequence

from bench.harness.analysis.results import StudyResult
from bench.harness.data.folder_name import folder_name, is_folder
from bench.harness.machine.environment import short_commit
from bench.harness.number_format import counted
from bench.harness.records.record import Record
from bench.harness.records.setting import Setting

HASH_LETTERS = 16
LIBRARIES = ("python", "torch", "torchvision", "numpy")


def conditions(result: StudyResult) -> dict[str, str]:
    """Return the conditions of a study's numbers by their heading; several values are all named."""
    setting, records = result.setting, result.records
    images = _several(str(record.test_images) for record in records)
    return {
        "protocol": protocol(setting),
        "n": seed_counts(result),
        "data": f"{setting.dataset}{_duplicates(setting.dataset)}, {images} test images, "
        f"SHA-256 {setting.data_sha256[:HASH_LETTERS]}",
        "hardware": _hardware(setting),
        "execution": _execution(result),
        "software": _software(result),
        "commit": _several(
            short_commit(str(environment.get("commit", "unknown"))) for environment in result.environments
        ),
        "measured": _period(records),
    }


def _duplicates(dataset: str) -> str:
    """Return a warning where the same image was let be in two splits."""
    allowed = is_folder(dataset) and folder_name(dataset).allow_duplicates
    return ", the same image may be in two of its splits" if allowed else ""


def protocol(setting: Setting) -> str:
    """Return the protocol's name, and whether less was trained than it stands for."""
    return f"{setting.protocol}, reduced: less than what it stands for" if setting.reduced else setting.protocol


def threads(setting: Setting) -> str:
    """Return `1 thread` or `2 threads`."""
    return counted(setting.threads, "thread")


def seed_counts(result: StudyResult) -> str:
    """Return how many seeds the arms have: `5 seeds an arm`, or `3 to 5 seeds an arm`."""
    counts = sorted({len(arm.records) for arm in result.arms})
    least, most = counts[0], counts[-1]
    fewer = "" if least == most else f"{least} to "
    return f"{fewer}{counted(most, 'seed')} an arm"


def one_line(result: StudyResult) -> str:
    """Return the conditions for a terminal, without their headings."""
    return "; ".join(text for heading, text in conditions(result).items() if heading != "measured")


def _hardware(setting: Setting) -> str:
    modes = [
        "deterministic" if setting.deterministic else "",
        "compiled" if setting.compiled else "",
        setting.precision,
        "an arm's seeds trained as one program" if setting.batched_seeds else "",
    ]
    return ", ".join(filter(None, (f"{setting.hardware} ({setting.device})", threads(setting), *modes)))


def _execution(result: StudyResult) -> str:
    """Return how nets were run, such as `memory format channels_last, compiled no`."""
    names = dict.fromkeys(name for execution in result.executions for name in execution)
    return ", ".join(
        f"{name.replace('_', ' ')} {_several(_yes_or_no(execution.get(name)) for execution in result.executions)}"
        for name in names
        if name not in Setting._fields
    )


def _yes_or_no(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _software(result: StudyResult) -> str:
    known = [name for name in LIBRARIES if any(name in environment for environment in result.environments)]
    versions = [
        f"{name} {_several(str(environment.get(name)) for environment in result.environments)}" for name in known
    ]
    return ", ".join([*versions, _several(str(environment.get("os")) for environment in result.environments)])


def _period(records: Sequence[Record]) -> str:
    first, last = min(record.started for record in records), max(record.finished for record in records)
    days = dict.fromkeys((first[:10], last[:10]))
    return f"{' to '.join(days)} (UTC)"


def _several(values: Iterable[str]) -> str:
    return " / ".join(dict.fromkeys(values))
