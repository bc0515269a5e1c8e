"""The place of an exported trial's arm among the arms of its study, as the study's table has them."""

from collections.abc import Sequence
from typing import Any

from bench.harness.analysis.results import StudyResult
from bench.harness.records.record import Record
from bench.harness.records.setting import TRAINED_BY_HAND


def standing(record: Record, studies: Sequence[StudyResult]) -> dict[str, Any] | None:
    """Return question and arms of a trial's study, the best mean first; None where there is no other arm, or no study.

    Args:
        record: the trial's.
        studies: the results of its run.

    Returns:
        The study's name and question, the trial's arm, and of every arm its label, test accuracy (mean over seeds, with
        its 95 % interval over seeds and test images, None for one seed; 0 to 1) and number of seeds.
    """
    if record.protocol == TRAINED_BY_HAND:
        return None
    own = [one for one in studies if one.study == record.study]
    result = next((one for one in own if any(trial.record_id == record.record_id for trial in one.records)), None)
    if result is None or len(result.arms) < 2:  # noqa: PLR2004 - one is no table
        return None
    best_first = sorted(result.arms, key=lambda arm: -arm.accuracy.mean)
    return {
        "study": result.study,
        "question": result.question,
        "arm": record.arm,
        "arms": [
            {
                "arm": arm.name,
                "label": arm.label,
                "accuracy": arm.accuracy.mean,
                "interval": None if arm.accuracy.low is None else [arm.accuracy.low, arm.accuracy.high],
                "seeds": arm.accuracy.n,
            }
            for arm in best_first
        ],
    }
