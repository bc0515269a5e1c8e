"""The last lines of a run: its answers, what was written, and what was left."""

from collections.abc import Callable, Sequence

from bench.harness.analysis.pooling import machines_of
from bench.harness.analysis.results import StudyResult
from bench.harness.errors import UserError
from bench.harness.number_format import counted, duration
from bench.harness.records.record import Record
from bench.harness.run.plan import Plan
from bench.harness.run.settings import Settings
from bench.harness.stats.looks import LAST


def written(settings: Settings, records: Sequence[Record], shows: Callable[[StudyResult], bool]) -> list[str]:
    """Write tables, figures and report; return the answers of the results that are shown, or why there are none."""
    from bench.harness.report.terminal_text import summary_lines  # noqa: PLC0415 - Matplotlib, at the end only
    from bench.harness.report.write import images_from, write_all  # noqa: PLC0415 - as above

    folder = settings.results
    try:
        load_images = images_from(settings.data_root)
        results = write_all(records, folder, load_images=load_images, keep_stale=settings.keep_stale)
        shown = [result for result in results if shows(result)]
        return [*summary_lines(shown), "", *still_open(shown, settings), f"wrote {folder / 'report.html'}"]
    except (OSError, UserError, KeyboardInterrupt) as error:
        reason = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
        again = f"`python -m bench report --results {folder}` makes them again"
        return [f"error: tables and report were not written ({reason}): {again}"]


def still_open(results: Sequence[StudyResult], settings: Settings) -> list[str]:
    """Return the line that says how comparisons without an answer get more seeds, where that was not asked for.

    A table of several machines gets no such advice: a run goes on with the trials of its own.
    """
    alone = [result for result in results if len(machines_of(result.setting.hardware)) == 1]
    judgements = [judgement for result in alone for judgement in result.judgements.values()]
    count = sum(one.verdict == "open" and one.look != LAST for one in judgements)
    asked = settings.most_seeds is not None and settings.added_until_minutes is None
    if not count or asked:
        return []
    are, them = ("is", "it") if count == 1 else ("are", "them")
    return [f"{counted(count, 'comparison')} {are} open: the same command with --until-verdict adds seeds to {them}"]


def unfinished(plan: Plan) -> list[str]:
    """Return the line that says how a run that was cut short goes on."""
    left = len(plan.to_train)
    verb, them = ("has", "it") if left == 1 else ("have", "them")
    line = f"{left} of {counted(len(plan.trials), 'trial')} {verb} no record yet: the same command trains {them}"
    return [line] if left else []


def trial_line(record: Record, *, trained: bool, place: str, seconds_left: float) -> str:
    """Return a trial's line for the terminal.

    Args:
        record: the trial's.
        trained: this run made it; it was not restored.
        place: which of the run's trials it is, such as `3/90`.
        seconds_left: time that the others are expected to take.
    """
    how = f"{sum(record.curves['epoch_seconds']):.1f} s" if trained else "restored"
    diverged = "  DIVERGED" if record.status == "diverged" else ""
    return (
        f"{record.study:14} {record.arm:16} seed {record.seed:<3} {record.test_accuracy:7.2%}{diverged}  "
        f"{how:>8}  [{place}, {duration(seconds_left)} left]"
    )
