"""Tests of the sentences about a study."""

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.report.answers import answers, headline, study_answers
from bench.harness.report.notes import notes
from tests.bench.conftest import MakePhase, MakeRecord

FAILED = "trials diverged or stayed at chance [1, 72 %]"


def test_answer_names_labels_and_speed(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """A sentence reads without knowing the arms' short names, and tells the price in speed."""
    records = [make_record("base", seed, accuracy=0.5, label="no norm") for seed in range(5)]
    records += [make_record("batch", seed, accuracy=0.9, label="BatchNorm") for seed in range(5)]
    result = analyse(records, [make_phase({"base": 1000.0, "batch": 500.0})])[0]

    (sentence,) = answers(result, result.comparisons[0])

    assert sentence.startswith("BatchNorm beat no norm by 40.00 points")
    assert "0.50x [0.50, 0.51] the baseline's speed" in sentence


@pytest.mark.parametrize(
    ("arms", "said"),
    [
        (("other",), f" (1 of 5 {FAILED})"),
        (("base",), f" (1 of the baseline's 5 {FAILED})"),
        (("base", "other"), f" (1 of 5 {FAILED}, 1 of the baseline's 5 {FAILED})"),
        ((), ""),
    ],
)
def test_answers_count_failed_trials(make_record: MakeRecord, arms: tuple[str, ...], said: str) -> None:
    """A sentence that is read alone says that a trial in it broke down, on either side."""
    records = [
        make_record(arm, seed, status="diverged" if arm in arms and seed == 0 else "ok")
        for arm in ("base", "other")
        for seed in range(5)
    ]
    result = analyse(records)[0]

    (sentence,) = answers(result, result.comparisons[0])

    assert sentence.endswith(f"(n = 5){said}")


def test_times_to_a_target_are_answers(make_record: MakeRecord) -> None:
    """The time each arm took to get there stands in one sentence behind the verdicts of its comparison."""
    epochs: dict[str, list[int | None]] = {"base": [1, 1, 1], "other": [2, 3, 4], "third": [None, None, 4]}
    records = [
        make_record(arm, seed, epochs_to_target=epoch, context={"target_training_error": 0.05})
        for arm, reached in epochs.items()
        for seed, epoch in enumerate(reached)
    ]

    sentences = study_answers(analyse(records)[0])

    assert len(sentences) == 3
    assert sentences[-1] == (
        "to 5 % training error: base 1 epoch [1, 1]; other 3 epochs [2, 4]; third > 4 epochs (2 of 3 never)"
    )


def test_times_to_a_target_are_there_without_a_comparison(make_record: MakeRecord) -> None:
    """An arm that stands alone has learnt, too."""
    record = make_record("only", 0, comparisons=(), epochs_to_target=3, context={"target_training_error": 0.05})

    assert study_answers(analyse([record])[0]) == [
        "no comparison: arms stand alone",
        "to 5 % training error: only 3 epochs",
    ]


def test_pair_in_two_comparisons_is_answered_once(make_record: MakeRecord) -> None:
    """The same pair in two comparisons gives one sentence."""
    both = (("first", "base"), ("second", "base"))
    records = [make_record(arm, seed, comparisons=both) for arm in ("base", "other") for seed in range(2)]

    assert len(study_answers(analyse(records)[0])) == 1


def test_missing_baseline_is_said_instead_of_an_answer(make_record: MakeRecord) -> None:
    """An interrupted run says what is missing."""
    result = analyse([make_record("other", 0)])[0]

    assert study_answers(result) == ["main title: no trial yet of the baseline arm 'base', so nothing is compared."]


def test_baseline_alone_is_said_instead_of_an_answer(make_record: MakeRecord) -> None:
    """A run that was cut off after the baseline says so."""
    result = analyse([make_record("base", 0)])[0]

    assert "no trial yet of any arm but the baseline" in study_answers(result)[0]


def test_study_without_comparisons_has_a_sentence(make_record: MakeRecord) -> None:
    """An arm that is compared with nothing leaves no empty answer."""
    assert study_answers(analyse([make_record("only", 0, comparisons=())])[0]) == ["no comparison: arms stand alone"]


def test_notes_count_diverged_trials(make_record: MakeRecord) -> None:
    """Nothing is dropped silently."""
    result = analyse([make_record("base", 0), make_record("base", 1, status="diverged")])[0]

    assert "base: 1 of 2 trials diverged; they count, with the accuracy that they ended at." in notes(
        result, result.comparisons[0]
    )


def test_notes_name_arms_with_fewer_seeds(make_record: MakeRecord) -> None:
    """Where arms do not share all seeds, the table says which one has fewer."""
    records = [make_record("base", 0), make_record("base", 1), make_record("other", 0)]
    result = analyse(records)[0]

    assert "other: 1 seed so far, other arms have up to 2." in notes(result, result.comparisons[0])


def test_notes_say_why_there_are_no_verdicts(make_record: MakeRecord) -> None:
    """Two seeds are too few, and one leaves not even intervals."""
    result = analyse([make_record("base", 0), make_record("other", 0)])[0]

    assert notes(result, result.comparisons[0])[2:] == ["One seed: no intervals.", "Fewer than 5 seeds: no verdicts."]


@pytest.mark.parametrize(
    ("family", "said"),
    [(4, ["p is corrected for the study's 4 comparisons, of which 1 has been run."]), (1, [])],
)
def test_notes_say_that_pairs_which_were_not_run_count(make_record: MakeRecord, family: int, said: list[str]) -> None:
    """A p value that is larger than the table explains is explained."""
    records = [make_record(arm, seed, context={"family": family}) for arm in ("base", "other") for seed in range(5)]
    result = analyse(records)[0]

    assert [note for note in notes(result, result.comparisons[0]) if "corrected" in note] == said


def test_notes_print_what_was_published_and_what_differed(make_record: MakeRecord) -> None:
    """A published number never stands without its source and conditions."""
    published = [{"value": 97.3, "source": "S0", "note": "20 epochs, one run"}]
    result = analyse([make_record("base", seed, context={"published": published}) for seed in range(5)])[0]

    assert "S0 published 97.3 % for base (20 epochs, one run)." in notes(result, result.comparisons[0])


def test_a_target_makes_the_time_to_it_the_headline(make_record: MakeRecord) -> None:
    """The soonest first; an arm that never reached it comes last."""
    epochs = {"base": 3, "other": 2, "with info": None}
    records = [
        make_record(arm, seed, comparisons=(("c", "base"),), label=f"SK, {arm}", epochs_to_target=count)
        for arm, count in epochs.items()
        for seed in range(5)
    ]
    for record in records:
        record.context["target_training_error"] = 0.05

    assert headline(analyse(records)[0]) == "epochs to 5 % training error: SK, other 2, base 3, with info never"
