"""Draws how much the learning rate matters to each arm: what was tried, not told apart, and taken."""

from collections.abc import Callable
from functools import partial
from statistics import mean
from typing import TYPE_CHECKING, Any

from bench.harness.analysis.results import ArmResult, ComparisonResult, StudyResult
from bench.harness.report.figures.canvas import draw, label_of, looks, svg
from bench.harness.study.learning_rates import Choice, ChoiceError, StoredTry, path_of, read

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DEEPEST = 10.0  # points below the best, where the panel ends
KEPT, OTHERS, TAKEN = 7, 3, 13  # sizes of marks

Choices = dict[str, Choice]


def rates_svg(result: StudyResult) -> str:
    """Return validation accuracy against the learning rate, a panel a comparison, of the arms whose rate was chosen.

    Where a study has a target training error, the epochs to it take the place of accuracy. Empty where no arm's
    committed choice is the one that its trials used.
    """
    choices = choices_of(result)
    drawn = [one for one in result.comparisons if any(row.arm.name in choices for row in one.rows)]
    targeted = result.target_training_error is not None
    return svg(draw(drawn, 1, partial(_draw_rates, choices=choices, targeted=targeted))) if drawn else ""


def choices_of(result: StudyResult) -> Choices:
    """Return, by arm, the committed choices that the study's trials used."""
    return {arm.name: choice for arm in result.arms if (choice := _choice_of(result, arm))}


def _choice_of(result: StudyResult, arm: ArmResult) -> Choice | None:
    """Return an arm's committed choice, None where its trials had their rate from elsewhere."""
    definition = arm.records[-1].definition
    named = str(definition.get("learning_rate_from")).startswith(
        path_of(result.study, result.setting.protocol, arm.name).name
    )
    try:
        choice = read(result.study, result.setting.protocol, arm.name) if named else None
    except ChoiceError:
        return None
    taken = definition.get("recipe", {}).get("learning_rate")
    return choice if choice and choice.learning_rate == taken and choice.tried else None


def _draw_rates(panels: "list[Axes]", comparison: ComparisonResult, *, choices: Choices, targeted: bool) -> None:
    (axes,) = panels
    merit: Callable[[StoredTry], float] = _epochs if targeted else _points
    best, worst, rates = [], [], set[float]()
    for row, look in looks(comparison.rows):
        choice = choices.get(row.arm.name)
        if choice is None:
            continue
        tried = sorted({one["learning_rate"] for one in choice.tried})
        values = {rate: mean(merit(one) for one in choice.tried if one["learning_rate"] == rate) for rate in tried}
        style: dict[str, Any] = {"color": look.colour, "marker": look.marker}
        axes.plot(tried, list(values.values()), linewidth=1.4, dashes=look.dashes, markersize=OTHERS, **style)
        axes.plot(
            choice.kept, [values[rate] for rate in choice.kept], **style, ls="", markersize=KEPT, label=label_of(row)
        )
        ring: dict[str, Any] = {"markersize": TAKEN, "markerfacecolor": "none", "markeredgecolor": look.colour}
        axes.plot([choice.learning_rate], [values[choice.learning_rate]], "o", ls="", **ring)
        rates.update(tried)
        best.append(max(values.values()))
        worst.append(min(values.values()))
    axes.set_xscale("log")
    axes.set_xticks(sorted(rates), [f"{rate:g}" for rate in sorted(rates)], minor=False)
    axes.minorticks_off()
    axes.set_xlabel("learning rate")
    axes.set_ylabel("epochs to the target" if targeted else "validation accuracy (%)")
    if not targeted:
        axes.set_ylim(bottom=max(min(worst), max(best) - DEEPEST) - 0.5)


def _points(tried: StoredTry) -> float:
    return 100 * tried["validation_accuracy"]


def _epochs(tried: StoredTry) -> float:
    """Return the epochs to the target; one more than it had where a training never reached it."""
    reached = tried["epochs_to_target"]
    return tried["epochs"] + 1 if reached is None else reached
