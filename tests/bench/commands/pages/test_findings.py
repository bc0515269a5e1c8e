"""Tests of the pages of findings: what is generated, and what is written by hand around it."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.commands.pages import findings
from bench.harness.analysis.analyse import analyse
from bench.harness.paths import EVIDENCE, PROJECT
from bench.harness.records.record import ID_LETTERS, load
from bench.harness.study.discovery import load_studies
from tests.bench.conftest import MakeRecord, curves

WORDS_AT_MOST = 80
RECORD_BYTES_AT_MOST = 8000
WITH_LONG_CURVES = 9000  # of 50 epochs, four curves each, and four thousand mistakes
EVIDENCE_BYTES_AT_MOST = 12_000_000
PAGES = sorted(path for path in (PROJECT / "docs" / "findings").glob("*.md") if path.name != "index.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_words_written_by_hand_are_few(page: Path) -> None:
    """The question and its answer; the rest of a page comes from records."""
    by_hand = re.sub(r"<!-- finding:.*<!-- end of finding -->", "", page.read_text("utf-8"), flags=re.DOTALL)
    words = [word for word in re.sub(r"!\[.*?\]\(.*?\)", "", by_hand).split() if word.strip("#")]

    assert len(words) <= WORDS_AT_MOST


def test_every_committed_study_has_a_page_and_every_page_a_study() -> None:
    """All that was trained is shown, and all that is shown was trained."""
    studies = {result.study for result in findings.committed_findings()}

    assert {page.stem for page in PAGES} == studies
    assert studies <= {study.name for study in load_studies()}


def test_every_number_names_its_records() -> None:
    """All ids are on the page, and different enough to be told apart."""
    for result in findings.committed_findings():
        text = findings.finding_text(result)
        ids = [record.record_id[:ID_LETTERS] for record in result.records]

        assert all(one in text for one in ids)
        assert len(set(ids)) == len(ids)


def test_records_of_findings_are_compact() -> None:
    """Some hundreds of trainings stay in a repository that is cloned in seconds."""
    lines = (EVIDENCE / "published" / "records.jsonl").read_text("utf-8").splitlines()
    files = [path for path in EVIDENCE.rglob("*") if path.is_file()]

    assert max(map(len, lines)) <= WITH_LONG_CURVES
    # Nets that err on four of ten images have longer answers.
    assert sum(len(line) > RECORD_BYTES_AT_MOST for line in lines) <= len(lines) / 10
    assert sum(path.stat().st_size for path in files) <= EVIDENCE_BYTES_AT_MOST


def test_a_number_outside_is_marked(make_record: MakeRecord) -> None:
    """The table's reader finds what could not be reproduced at a glance."""
    records = [make_record(seed=seed, protocol="published", accuracy=0.95, images=1000) for seed in range(3)]
    for record in records:
        record.context["published"] = [{"value": 90.0, "source": "S0", "note": ""}]

    table = findings.reproduction_text(analyse(records))

    assert "| 90.0" in table
    assert "**no**" in table


def test_a_system_that_is_inside_once_and_outside_once_says_so(make_record: MakeRecord) -> None:
    """Two studies trained it; whichever comes first by its name is not the whole truth."""
    fields: dict[str, Any] = {"protocol": "published", "images": 1000}
    records = [
        make_record(seed=seed, accuracy=accuracy + 0.001 * seed, study=study, **fields)
        for study, accuracy in (("convolution", 0.95), ("kernel-size", 0.9))
        for seed in range(3)
    ]
    for record in records:
        record.context["published"] = [{"value": 90.0, "source": "S0", "note": ""}]

    assert "**no**, yes in [kernel-size](kernel-size.md)" in findings.reproduction_text(analyse(records))


def test_questions_that_ask_no_difference_have_answers_of_their_own(make_record: MakeRecord) -> None:
    """The spread over seeds, the epochs that early stopping saves."""
    falling = {**curves(0.9, 0), "validation_accuracy": [0.9, *[0.5] * 7], "test_accuracy": [0.8, *[0.5] * 7]}
    records = [
        make_record(
            seed=seed, accuracy=0.9 + 0.01 * seed, images=1000, study=study, protocol="published", curves=falling
        )
        for study in ("early-stopping", "seeds")
        for seed in range(2)
    ]

    text = re.sub(" +", " ", findings.all_findings_text(analyse(records)))

    assert "| base: a patience of 5 saves 25 \\[25, 25\\] % of the epochs | – | – |" in text
    assert "| base: a run's spread is 0.71 \\[0.32, 22.56\\] points | – | – |" in text


def test_a_leaderboard_has_a_table_a_comparison(make_record: MakeRecord) -> None:
    """Equal minutes and equal epochs are not one list; each net says how long it was trained."""
    own = {**curves(0.9, 0), "epoch_seconds": [60.0] * 4, "test_accuracy": [0.1, 0.6, 0.7, 0.9]}
    records = [
        make_record(arm, study="leaderboard-cifar10", dataset="cifar10", curves=own, comparisons=((name, arm),))
        for arm, name in (("base", "minutes"), ("other", "epochs"))
    ]
    (result,) = analyse(records)

    text = re.sub(" +", " ", findings.finding_text(result))

    assert (
        "minutes title:\n\n| net | accuracy % | weights | MFLOPs | images/s | epochs | min trained | min to 50% |"
        in text
    )
    assert "epochs title:\n\n| net " in text
    assert "| 4 | 4.0 | 2.0 | 2.0 | 3.0 | 4.0 |" in text
    assert "docs/images/findings/leaderboard-cifar10-front.svg" in findings.pictures(result)


def test_a_reduced_study_says_so_and_how_it_runs_in_full(make_record: MakeRecord) -> None:
    """Beside its published number, under its table, and as a command for a GPU."""
    fields: dict[str, Any] = {"study": "alexnet", "protocol": "published", "images": 1000}
    records = [make_record(seed=seed, **fields) for seed in range(3)]
    for record in records:
        record.context["published"] = [{"value": 70.0, "source": "S1", "note": ""}]
    results = analyse([replace(record, reduced=True) for record in records])

    assert re.search(r"\| reduced +\| \[alexnet\]", findings.reproduction_text(results))
    text = findings.finding_text(results[0])
    assert "not to be compared with what was trained here, which is reduced" in text
    assert "pytest bench/ --protocol full --studies alexnet --data-root DIR" in text
    assert "--protocol full" not in findings.finding_text(analyse([replace(one, study="width") for one in records])[0])
    (in_full,) = analyse([replace(record, protocol="full") for record in records])
    assert "To run it again:\n\n```\npytest bench/ --protocol full" in findings.finding_text(in_full)


@pytest.mark.parametrize(
    ("accuracy", "said"),
    [(0.90, "could be [other](assumptions-s0.md)"), (0.93, "[not given by any of 1 change](assumptions-s0.md)")],
)
def test_a_number_outside_names_what_would_have_given_it(make_record: MakeRecord, accuracy: float, said: str) -> None:
    """A changed assumption, or none of those that were tried."""
    fields: dict[str, Any] = {"protocol": "published", "images": 1000}
    records = [make_record(seed=seed, accuracy=0.95, study="width", **fields) for seed in range(3)]
    changed = {"study": "assumptions-s0", "comparisons": (("c", "base"),)}
    records += [make_record("other", seed, accuracy=accuracy, **changed, **fields) for seed in range(3)]
    for record in records:
        record.context["published"] = [{"value": 90.0, "source": "S0", "note": ""}]

    assert said in findings.reproduction_text(analyse(records))


@pytest.mark.parametrize(
    ("study", "said"),
    [
        ("seeds", "| base | 2 | 0.71 [0.32, 22.56] "),
        ("last-batch", "The lowest test accuracy of any run after any epoch of the second half: base 70.00 %."),
    ],
)
def test_some_questions_have_a_table_or_a_sentence_of_their_own(make_record: MakeRecord, study: str, said: str) -> None:
    """The spread over seeds; the worst of the later epochs."""
    own = {**curves(0.9, 0), "test_accuracy": [0.1, 0.6, 0.7, 0.9]}
    records = [
        make_record(seed=seed, accuracy=0.9 + 0.01 * seed, images=1000, study=study, protocol="published", curves=own)
        for seed in range(2)
    ]

    assert said in re.sub(" +", " ", findings.finding_text(analyse(records)[0]))
    assert said not in findings.finding_text(analyse([replace(one, study="width") for one in records])[0])


def test_nothing_committed_is_stale_by_a_second_definition() -> None:
    """Each arm has one definition: records of older code would be left out without a word."""
    records = load(EVIDENCE / "published" / "records.jsonl")

    assert sum(len(result.records) for result in analyse(records)) == len(records)
