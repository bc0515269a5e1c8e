"""A run's results in a notebook: `from bench import results`, then `results.load("results/quick")`."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from bench.harness.analysis.analyse import analyse, comparable
from bench.harness.analysis.results import ArmResult, StudyResult
from bench.harness.errors import UserError, unknown
from bench.harness.records.answers import correct_bits
from bench.harness.records.record import RecordError
from bench.harness.records.record import load as load_records
from bench.harness.records.setting import to_frame
from bench.harness.records.speed import load_speeds
from bench.harness.records.store import RECORDS
from bench.harness.report.sentences import describe
from bench.harness.stats.verdict import Judgement, judge

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INCHES_AN_ARM = 0.35
WIDTH_INCHES = 7.0


class Answer(NamedTuple):
    """The verdict of a run on an arm against another one; printed, it is a sentence.

    Attributes:
        judgement: verdict, difference, interval, corrected p value and looks.
        sentence: the same in words.
    """

    judgement: Judgement
    sentence: str

    def __repr__(self) -> str:
        """Return the sentence."""
        return self.sentence


class Results:
    """A results folder: its trials as a table, its studies, answers on any two arms, and a picture.

    Args:
        folder: one with a records.jsonl.
    """

    def __init__(self, folder: Path) -> None:
        self._records = load_records(folder / RECORDS)
        if not self._records:
            raise RecordError(f"{folder / RECORDS} is empty: run `pytest bench/` first")
        self.studies: dict[str, StudyResult] = {}
        for result in analyse(self._records, load_speeds(folder), pool=True):
            self.studies.setdefault(result.study, result)  # of several settings the newest comes first

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Every trial that stands, a row a trial, a column a field of its record; accuracies are 0 to 1."""
        return to_frame(self._records)

    def compare(self, arm: str, baseline: str, *, study: str | None = None) -> Answer:
        """Return what the run says of an arm against another one of its study.

        A pair that the study compares is corrected for all of the study's comparisons, as in its table. Any other pair
        was chosen out of all that there are, and is corrected for all of these.

        Args:
            arm: its name.
            baseline: name of the arm that it is compared with.
            study: needed where several studies have both.

        Raises:
            UserError: no study, or more than one, has both arms, they are one and the same, or they have other test
                images.
        """
        result = self._study(study, (arm, baseline))
        if arm == baseline:
            raise UserError(f"{arm!r} is compared with itself: name two arms of {', '.join(_names(result))}")
        judgement = result.judgements.get((arm, baseline)) or _judged(result, arm, baseline)
        labels = {one.name: one.label for one in result.arms}
        sentence = describe(judgement, result.margin, arm=labels[arm], baseline=labels[baseline])
        return Answer(judgement, f"{sentence}.")

    def plot(self, study: str | None = None) -> "Figure":
        """Return a study's accuracies with their 95 % intervals as a Matplotlib figure, an arm a line.

        Args:
            study: needed where the run has several.

        Raises:
            UserError: no such study, or none was named out of several.
        """
        from matplotlib.figure import Figure  # noqa: PLC0415 - half a second that a table need not wait

        result = self._study(study, ())
        figure = Figure(figsize=(WIDTH_INCHES, 1.2 + INCHES_AN_ARM * len(result.arms)), layout="constrained")
        axes = figure.add_subplot(xlabel="test accuracy (%), 95 % interval", title=result.question)
        for place, arm in enumerate(result.arms):
            _draw(axes, place, arm)
        axes.set_yticks(range(len(result.arms)), [arm.label for arm in result.arms])
        axes.invert_yaxis()
        return figure

    def _study(self, name: str | None, arms: Iterable[str]) -> StudyResult:
        if name is not None and name not in self.studies:
            raise UserError(unknown("study", name, self.studies))
        wanted = set(arms)
        candidates = [self.studies[name]] if name else list(self.studies.values())
        having = [result for result in candidates if wanted <= set(_names(result))]
        if len(having) == 1:
            return having[0]
        if having:
            raise UserError(f"name a study: {', '.join(result.study for result in having)}")
        known = dict.fromkeys(arm for result in candidates for arm in _names(result))
        missing = next((arm for arm in sorted(wanted) if arm not in known), None)
        raise UserError(unknown("arm", missing, known) if missing else "no study has both arms: name two of one study")


def load(folder: Path | str) -> Results:
    """Return the results in a folder that `pytest bench/` wrote, such as `results/quick`.

    Raises:
        RecordError: no records there, or a damaged one.
    """
    return Results(Path(folder))


def _names(result: StudyResult) -> list[str]:
    return [arm.name for arm in result.arms]


def _judged(result: StudyResult, arm: str, baseline: str) -> Judgement:
    pair = [one for one in result.arms if one.name in (arm, baseline)]
    bits = {one.name: np.stack([correct_bits(record) for record in one.records]) for one in pair}
    if not comparable(bits, arm, baseline):
        raise UserError(f"{arm!r} and {baseline!r} of {result.study} were tested on other numbers of images")
    every_pair = len(result.arms) * (len(result.arms) - 1) // 2
    (judgement,) = judge(bits, [(arm, baseline)], result.margin, family=max(result.family, every_pair))
    return judgement


def _draw(axes: "Axes", place: int, arm: ArmResult) -> None:
    summary = arm.accuracy
    low, high = (summary.mean if end is None else end for end in (summary.low, summary.high))
    spans = [[100 * (summary.mean - low)], [100 * (high - summary.mean)]]
    axes.errorbar([100 * summary.mean], [place], xerr=spans, fmt="o", capsize=3)
