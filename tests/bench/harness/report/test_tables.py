"""Tests of the tables' cells."""

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import StudyResult
from bench.harness.report.tables import Table, tables
from tests.bench.conftest import MakePhase, MakeRecord


def cells(table: Table, arm: str) -> dict[str, str]:
    """Return an arm's cells by the name of their column."""
    row = next(row for row in table.rows if row[0].startswith(arm))
    return dict(zip([column.name for column in table.columns], row, strict=True))


@pytest.fixture(scope="module")
def result(make_record: MakeRecord, make_phase: MakePhase) -> StudyResult:
    """Return a study of five seeds: `base` at 60 %, `other` at 90 % and at a tenth of the speed."""
    records = [make_record("base", seed, accuracy=0.6) for seed in range(5)]
    records += [make_record("other", seed, accuracy=0.9, order=1) for seed in range(5)]
    return analyse(records, [make_phase({"base": 1000.0, "other": 100.0})])[0]


@pytest.mark.parametrize(
    ("column", "cell"),
    [("n", "5"), ("failed", "0 of 5 [0, 52]"), ("published", "–"), ("verdict", "better"), ("p", "< 0.0001")],
)
def test_accuracy_cells(result: StudyResult, column: str, cell: str) -> None:
    """Counts, published number, verdict and p stand in their columns."""
    accuracy = tables(result, result.comparisons[0])[0]

    assert cells(accuracy, "other")[column] == cell


def test_accuracy_and_difference_carry_their_intervals(result: StudyResult) -> None:
    """90 % and 30 points are what the records hold; both have an interval."""
    row = cells(tables(result, result.comparisons[0])[0], "other")

    assert row["accuracy"].startswith("90.00 ± ")
    assert row["difference"].startswith("+30.00 [+2")


def test_baseline_is_marked_and_not_compared_with_itself(result: StudyResult) -> None:
    """The baseline's row has no difference and no verdict."""
    row = cells(tables(result, result.comparisons[0])[0], "base")

    assert (row["arm"], row["difference"], row["verdict"]) == ("base (baseline)", "–", "–")


def test_every_verdict_has_its_look_beside_it(result: StudyResult) -> None:
    """The number of seeds that gave it, and how large the difference may be."""
    row = cells(tables(result, result.comparisons[0])[0], "other")

    assert (row["verdict"], row["look"]) == ("better", "5")
    assert float(row["not excluded"].removeprefix("±")) > 30


def test_an_arm_at_chance_is_named_so_and_comes_last(make_record: MakeRecord) -> None:
    """A net that guesses is no rival of the others: its failures are counted with their exact interval."""
    records = [make_record("base", seed, accuracy=0.9) for seed in range(5)]
    records += [make_record("guess", seed, accuracy=0.1, order=1) for seed in range(5)]
    records += [make_record("other", seed, accuracy=0.88, order=2) for seed in range(5)]
    result = analyse(records)[0]

    accuracy = tables(result, result.comparisons[0])[0]

    assert [row[0] for row in accuracy.rows] == ["base (baseline)", "other", "guess (at chance)"]
    assert cells(accuracy, "guess")["failed"] == "5 of 5 [48, 100]"


def test_cost_table_says_what_is_counted(result: StudyResult) -> None:
    """Nobody can tell from a number whether a multiply-add is one or two."""
    legend = " ".join(tables(result, result.comparisons[0])[1].legend)

    assert "a multiply and an add counted as two" in legend
    assert "times of inference (eval mode)" in legend


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("parameters", "61\u202f706"),
        ("MFLOPs", "0.830"),
        ("turns", "12"),
        ("threads", "2"),
        ("training", "100.0 [95.1, 105.1]"),
        ("speed", "×0.100 [0.099, 0.101]"),
        ("epoch", "40.0 [38.0, 42.1]"),
        ("batch 1", "300 ± 0"),
        ("batch 256", "20.0 ± 0.0"),
        ("memory", "100 ± 0"),
    ],
)
def test_cost_cells(result: StudyResult, column: str, cell: str) -> None:
    """Hand-computed: of the twelve ratios' logarithms a third each are 0, 0.02 and -0.02 beside that of a tenth.

    Of the 78 means of two the 14th from either end bound the interval: 10 are 0.02, the next 16 are 0.01. Of the
    speed itself they are 3 of 0.06, 4 of 0.055 and 7 of 0.05, the drift that both arms share.
    """
    cost = tables(result, result.comparisons[0])[1]

    assert cells(cost, "other")[column] == cell


def test_disturbed_turns_are_counted_in_their_cell(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """Whoever reads a speed sees beside it how many of its turns were disturbed."""
    result = analyse([make_record("base")], [make_phase({"base": 1000.0}, disturbed=2)])[0]

    assert cells(tables(result, result.comparisons[0])[1], "base")["turns"] == "12 (2 disturbed)"


def test_an_arm_without_a_speed_has_dashes(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """Its trials were made after the speed phase: all that is known without it is in the row."""
    result = analyse([make_record("base"), make_record("other")], [make_phase({"base": 1000.0})])[0]

    row = cells(tables(result, result.comparisons[0])[1], "other")

    measured = ("turns", "threads", "training", "speed", "epoch", "batch 1", "batch 256")
    assert [row[column] for column in measured] == ["–"] * len(measured)
    assert (row["parameters"], row["memory"]) == ("61\u202f706", "100")


def test_unknown_memory_is_a_dash(make_record: MakeRecord) -> None:
    """Null is not 0 MB."""
    result = analyse([make_record("base", 0, peak_memory_mb=None)])[0]

    assert cells(tables(result, result.comparisons[0])[1], "base")["memory"] == "–"


def test_one_seed_has_numbers_without_intervals(make_record: MakeRecord) -> None:
    """With one seed the difference is there, its interval and verdict are not."""
    result = analyse([make_record("base", 0, accuracy=0.5), make_record("other", 0, accuracy=0.6)])[0]

    row = cells(tables(result, result.comparisons[0])[0], "other")

    assert (row["accuracy"], row["difference"], row["verdict"]) == ("60.00", "+10.00", "no verdict")


@pytest.mark.parametrize("accuracy", [0.0, 1.0])
def test_accuracy_at_its_ends_is_written(make_record: MakeRecord, accuracy: float) -> None:
    """All wrong and all right, without any variance, give numbers."""
    records = [make_record(arm, seed, accuracy=accuracy) for arm in ("base", "other") for seed in range(5)]
    result = analyse(records)[0]

    row = cells(tables(result, result.comparisons[0])[0], "other")

    assert row["accuracy"].startswith(f"{100 * accuracy:.2f}")
    assert row["difference"].startswith("0.00 [")


def test_published_number_has_its_source(make_record: MakeRecord) -> None:
    """The cell says whose number it is."""
    published = [{"value": 97.3, "source": "S0", "note": ""}, {"value": 98.0, "source": "S4", "note": ""}]
    result = analyse([make_record("base", 0, context={"published": published})])[0]

    assert cells(tables(result, result.comparisons[0])[0], "base")["published"] == "97.3 S0, 98 S4"


def test_target_table_is_there_only_with_a_target(
    make_record: MakeRecord, make_phase: MakePhase, result: StudyResult
) -> None:
    """Studies that do not ask for it have no such table; three epochs at the phase's pace are three times 4 s."""
    record = make_record("base", 0, context={"target_training_error": 0.25}, epochs_to_target=3)
    targeted = analyse([record], [make_phase({"base": 1000.0})])[0]

    typeset = tables(targeted, targeted.comparisons[0])

    assert len(tables(result, result.comparisons[0])) == 2
    assert (typeset[2].name, typeset[2].rows[0][2:]) == ("time to 25 % training error", ("3", "12.0"))


def test_without_a_speed_the_seconds_to_a_target_are_a_dash(make_record: MakeRecord) -> None:
    """The epochs are known from the trials themselves."""
    record = make_record("base", 0, context={"target_training_error": 0.25}, epochs_to_target=3)
    targeted = analyse([record])[0]

    assert tables(targeted, targeted.comparisons[0])[2].rows[0][2:] == ("3", "–")
