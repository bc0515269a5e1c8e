"""Tests of bench.harness.analysis.survival: the verdicts of a page taken as those of one study."""

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.survival import survival
from bench.harness.report.notes import surviving
from tests.bench.conftest import MakeRecord


def test_clear_verdicts_survive_and_marginal_ones_do_not(make_record: MakeRecord) -> None:
    """Two studies with a clear difference each, one of them with a marginal one among few comparisons."""
    records = [
        make_record(arm, seed, study=study, accuracy=accuracy, context={"family": family})
        for study, family, arms in (
            ("clear", 30, {"base": 0.6, "other": 0.9}),
            ("marginal", 1, {"base": 0.6, "other": 0.66}),
        )
        for arm, accuracy in arms.items()
        for seed in range(5)
    ]
    results = analyse(records)
    (marginal,) = (row.judgement for row in results[1].comparisons[0].rows if row.judgement)

    assert marginal.p_corrected is not None
    assert 0.05 / 31 < marginal.p_corrected < 0.05  # clear alone, not among 31
    assert survival(results) == (2, 1, 31, (("marginal", "other"),))
    assert surviving(results) == (
        "Each study is judged by itself. Taken as one study of 31 comparisons, 1 of its 2 verdicts of better or worse "
        "hold (Holm); the others are marginal: other."
    )


def test_one_study_needs_no_such_sentence(make_record: MakeRecord) -> None:
    """It is corrected for its comparisons as it is."""
    records = [
        make_record(arm, seed, accuracy=0.6 + 0.3 * (arm == "other")) for arm in ("base", "other") for seed in range(5)
    ]

    assert surviving(analyse(records)) == ""
