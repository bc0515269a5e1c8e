"""Tests of bench.commands.pages.results."""

from bench.commands.pages.results import answers_table, results_text
from bench.harness.analysis.analyse import analyse
from tests.bench.conftest import MakePhase, MakeRecord


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of a table's rows below its header."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_a_study_has_one_row_of_answers(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """Its first comparison's answers, differences and speeds stand in the same order, an arm per line of a cell."""
    both = (("first", "base"), ("second", "other"))
    accuracies = {"base": 0.5, "other": 0.9, "third": 0.1}
    records = [
        make_record(arm, seed, accuracy=accuracy, comparisons=both)
        for arm, accuracy in accuracies.items()
        for seed in range(5)
    ]

    phase = make_phase({"base": 1000.0, "other": 900.0, "third": [500.0] * 12})

    ((study, question, answer, difference, speed),) = rows_of(answers_table(analyse(records, [phase])))

    assert study == f"[{records[0].study}](docs/results.md#{records[0].study})"
    assert question == records[0].context["question"]
    assert answer == "other beat base by 40.0 points<br>third lost to base by 40.0 points"
    assert [part.split()[0] for part in difference.split("<br>")] == ["+40.00", "−40.00"]
    assert [part.split()[0] for part in speed.split("<br>")] == ["0.90", "0.50"]


def test_many_arms_are_told_in_one_line(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """Five and more have their headline, and the range of their differences and speeds."""
    accuracies = {"base": 0.5, **{f"arm{number}": 0.6 + 0.05 * number for number in range(5)}}
    records = [make_record(arm, seed, accuracy=accuracy) for arm, accuracy in accuracies.items() for seed in range(5)]
    phase = make_phase({arm: 1000.0 * accuracy for arm, accuracy in accuracies.items()})

    ((_, _, *cells),) = rows_of(answers_table(analyse(records, [phase])))

    assert cells == [
        "arm0, arm1, arm2, arm3 and arm4 beat base by 10.0 to 30.0 points",
        "+10.00 to +30.00",
        "1.20 to 1.60",
    ]


def test_a_study_without_a_judged_arm_has_no_answer(make_record: MakeRecord) -> None:
    """A dash says so in each cell, and the row is there all the same."""
    ((_, _, *cells),) = rows_of(answers_table(analyse([make_record("base", 0)])))

    assert cells == ["–", "–", "–"]


def test_a_row_has_the_speed_with_its_interval(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """A ratio of speeds without its interval would pass for exact."""
    records = [make_record(arm, seed) for arm in ("base", "other") for seed in range(5)]

    base, other = rows_of(results_text(analyse(records, [make_phase({"base": 1000.0, "other": 1000.0})])))

    assert (base[0], base[-1]) == ("base (baseline)", "1")
    assert other[-1] == "1.00 [0.99, 1.01]"


def test_a_row_without_a_speed_phase_has_dashes(make_record: MakeRecord) -> None:
    """Accuracies are there as soon as the trials are; speeds come after them."""
    records = [make_record(arm, seed) for arm in ("base", "other") for seed in range(5)]

    base, other = rows_of(results_text(analyse(records)))

    assert (base[-2:], other[-2:]) == (["–", "1"], ["–", "–"])


def test_an_arm_that_is_not_compared_is_no_baseline(make_record: MakeRecord) -> None:
    """Where the baseline has no trial there is neither a difference nor a speed of 1."""
    (row,) = rows_of(results_text(analyse([make_record("other", 0)])))

    assert (row[0], row[2:4], row[5]) == ("other", ["–", "–"], "–")


def test_a_label_stays_in_its_cell(make_record: MakeRecord) -> None:
    """A bar or a line break in a label would break the table."""
    text = results_text(analyse([make_record("base", 0, label="a|b\nc")]))

    assert r"| a\|b c (baseline) |" in text


def test_what_others_published_stands_below_the_table(make_record: MakeRecord) -> None:
    """Once per arm, in the report's words, though the arm stands in two comparisons."""
    context = {"published": [{"value": 98.49, "source": "S3", "note": "one run"}]}
    both = (("first", "base"), ("second", "base"))

    text = results_text(analyse([make_record("base", 0, comparisons=both, context=context)]))

    assert text.count("\n\n- S3 published 98.49 % for base (one run).\n\n<sub>") == 1
