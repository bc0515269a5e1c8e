"""Tables that only some questions have: a leaderboard, early stopping, the spread over seeds."""

from collections.abc import Iterable

from tabulate import tabulate

from bench.harness.analysis.questions.early_stopping import early_stopping, gain_of_best_epoch
from bench.harness.analysis.questions.leaderboard import TARGETS, minutes_to, minutes_trained
from bench.harness.analysis.questions.seed_spread import MOST, SeedSpread, seed_spread
from bench.harness.analysis.results import ComparisonResult, StudyResult
from bench.harness.number_format import MISSING, interval, number, percent
from bench.harness.report.answers import soonest
from bench.harness.report.sentences import points_text, time_to_target
from bench.harness.report.typesetting import markdown_text
from bench.harness.stats.spread import Spread

EARLY_STOPPING, SEEDS, LAST_BATCH = "early-stopping", "seeds", "last-batch"
LEADERBOARD = "leaderboard-"  # begins the names of studies that get its table
PATIENCE = 5  # epochs, of early stopping in a single line
BOARD_HEADERS = ("net", "accuracy %", "weights", "MFLOPs", "images/s", "epochs", "min trained")
SPREAD_HEADERS = ("arm", "n", "spread of a run, points", "seeds for ±0.1 point")
STOPPED_HEADERS = ("arm", "patience, epochs", "epochs saved, %", "change of accuracy, points", "n")


def own_tables(result: StudyResult) -> list[str]:
    """Return a study's own tables and sentences as Markdown; none for most."""
    return [text for write in (_board, _stopped, _spreads, _falls, _best_epochs) for text in write(result)]


def own_answer(result: StudyResult) -> str:
    """Return the answer of a study that asks for something else than a difference of accuracies; empty for others."""
    if result.study == EARLY_STOPPING:
        outcomes = {arm.label: {one.patience: one for one in early_stopping(arm)} for arm in result.arms}
        return "; ".join(
            f"{label}: a patience of {PATIENCE} saves {_share(stopped[PATIENCE].saved)} % of the epochs"
            for label, stopped in outcomes.items()
            if PATIENCE in stopped
        )
    if result.study == SEEDS:
        spreads = {arm.label: spread for arm in result.arms if (spread := seed_spread(arm))}
        return "; ".join(f"{label}: a run's spread is {_sd(spread)} points" for label, spread in spreads.items())
    return soonest(result)


def _board(result: StudyResult) -> list[str]:
    """Return a leaderboard's front and a table a comparison: each net's size, cost and speed, how soon it got where."""
    if not result.study.startswith(LEADERBOARD):
        return []
    targets = TARGETS.get(result.setting.dataset, ())
    headers = (*BOARD_HEADERS, *(f"min to {target:.0%}" for target in targets))
    rows = {comparison.title: _board_rows(comparison, targets) for comparison in result.comparisons}
    tables = {
        title: tabulate(of_one, headers, tablefmt="pipe", disable_numparse=True) for title, of_one in rows.items()
    }
    front = f"![Accuracy and speed](../images/findings/{result.study}-front.svg)"
    return [front, *(f"{title}:\n\n{table}" for title, table in tables.items())]


def _board_rows(comparison: ComparisonResult, targets: Iterable[float]) -> list[tuple[str, ...]]:
    def minutes(value: float) -> str:
        return number(value, 1)

    return [
        (
            *(markdown_text(arm.label), percent(arm.accuracy.mean, arm.accuracy.low, arm.accuracy.high)),
            *(number(arm.parameters, 0), number(arm.mflops_per_image, 1)),
            number(arm.speed.train_images_per_second.median, 0) if arm.speed else MISSING,
            *(str(arm.records[-1].epochs), minutes(minutes_trained(arm))),
            *(time_to_target(minutes_to(arm, target), minutes) for target in targets),
        )
        for arm in sorted((row.arm for row in comparison.rows), key=lambda arm: -arm.accuracy.mean)
    ]


def _stopped(result: StudyResult) -> list[str]:
    """Return what early stopping would have done to each arm of the study that asks it."""
    if result.study != EARLY_STOPPING:
        return []
    rows = [
        (
            *(markdown_text(arm.label), str(stopped.patience)),
            _share(stopped.saved),
            points_text(stopped.gain.mean, stopped.gain.low, stopped.gain.high),
            str(stopped.gain.n),
        )
        for arm in result.arms
        for stopped in early_stopping(arm)
    ]
    if not rows:
        return []
    table = tabulate(rows, STOPPED_HEADERS, tablefmt="pipe", disable_numparse=True)
    reading = (
        "Stopped after so many epochs (the patience) without a better validation accuracy, the net of the best epoch "
        "kept: its test accuracy less that of the net after all epochs; means over seeds with 95 % intervals"
    )
    return [f"{reading}:\n\n{table}"]


def _spreads(result: StudyResult) -> list[str]:
    """Return how far an arm's seeds lie apart in the study that asks it, and how many give a tenth of a point."""
    known = [(arm, spread) for arm in result.arms if (spread := seed_spread(arm))] if result.study == SEEDS else []
    if not known:
        return []
    rows = [(markdown_text(arm.label), str(spread.n), _sd(spread), _needed(spread)) for arm, spread in known]
    table = tabulate(rows, SPREAD_HEADERS, tablefmt="pipe", disable_numparse=True)
    return [f"Standard deviation over seeds, on the same test images, with its 95 % interval:\n\n{table}"]


def _falls(result: StudyResult) -> list[str]:
    """Return the lowest test accuracy after any of the later epochs, in the study that asks about single epochs."""
    curves = {arm.label: [record.curves.get("test_accuracy", []) for record in arm.records] for arm in result.arms}
    if result.study != LAST_BATCH or not all(curve for own in curves.values() for curve in own):
        return []
    lowest = {label: min(min(curve[len(curve) // 2 :]) for curve in own) for label, own in curves.items()}
    texts = "; ".join(f"{markdown_text(label)} {100 * accuracy:.2f} %" for label, accuracy in lowest.items())
    return [f"The lowest test accuracy of any run after any epoch of the second half: {texts}."]


def _sd(spread: SeedSpread) -> str:
    return f"{100 * spread.sd:.2f} {interval(spread.low, spread.high, lambda end: f'{100 * end:.2f}')}"


def _needed(spread: SeedSpread) -> str:
    """Return the seeds for the measured spread, and for the ends of its interval."""
    low, middle, high = (f"{count}" if count < MOST else f"{MOST} or more" for count in spread.needed)
    return f"{middle} ({low} to {high})"


def _best_epochs(result: StudyResult) -> list[str]:
    """Return how much a run would seem better if its best epoch were chosen by the test set, where curves tell."""
    gains = [100 * gain for arm in result.arms if (gain := gain_of_best_epoch(arm)) is not None]
    if not gains:
        return []
    added = f"{min(gains):.2f} to {max(gains):.2f} points"
    return [f"Choosing each run's best epoch by the test set, as some articles do, would add {added} to an arm's mean."]


def _share(share: Spread) -> str:
    ends = interval(share.low, share.high, lambda end: f"{100 * min(max(end, 0.0), 1.0):.0f}")
    return f"{100 * share.mean:.0f} {ends}".rstrip()
