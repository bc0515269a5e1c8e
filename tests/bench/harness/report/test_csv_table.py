"""Tests of the CSV for machines."""

import csv
import hashlib
import io

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import StudyResult
from bench.harness.files import slug
from bench.harness.paths import EVIDENCE
from bench.harness.records.record import load
from bench.harness.report.csv_table import comparison_csv
from bench.harness.report.page import identifier
from tests.bench.conftest import MakeRecord

# SHA-256 of the tables that the committed records gave when they were recorded; new records need new ones.
EVIDENCE_TABLES = {
    "activation-lenet5": "09363564b0f297e231d48264284b2ad26710a43ce7f409b34dcb1f3840260ded",
    "activation-s3": "0ac138d4c68b167ea5f3495b47be78c22d1d8f395f21158d3b44f552fe6c731b",
    "activation-sk": "3f9aed13232781b9245836590a700cb3652fcfd95e80bb62f57087ba205f17ba",
    "kernel-size-bn-net": "7088d3968a8ef78e6b01e01ece06cc12d23865a246c5f749229d990beb8152af",
    "kernel-size-convnet": "c492be3bc1a8709bdf74c527906e7e4d175ccd8f893942765a48618d6653b23e",
    "kernel-size-s0": "82664e3329d3359b96ab7de436b3275532864aecab11ae5c5f283f4808a8d8d0",
    "normalisation-normalisation": "ed8ae5aa6da94436f018da8047dea0a849a765d034346af0dc403368e6d79792",
}


def rows(result: StudyResult) -> dict[str, dict[str, str]]:
    """Return the CSV's rows by arm."""
    text = comparison_csv(result, result.comparisons[0])
    return {row["arm"]: row for row in csv.DictReader(io.StringIO(text))}


def test_numbers_are_in_full_precision(make_record: MakeRecord) -> None:
    """A third is not 0.333."""
    arms = rows(analyse([make_record("base", 0, mflops_per_image=1 / 3)])[0])

    assert float(arms["base"]["mflops_per_image"]) == 1 / 3


def test_values_that_do_not_exist_are_empty(make_record: MakeRecord) -> None:
    """With one seed there is no interval, without memory no number, for a baseline no difference."""
    row = rows(analyse([make_record("base", 0, peak_memory_mb=None)])[0])["base"]

    columns = ("test_accuracy_low", "peak_memory_mb_mean", "difference_effect", "verdict", "epochs_to_target_median")
    assert [row[column] for column in columns] == [""] * len(columns)


def test_no_seed_censored_is_zero_and_not_empty(make_record: MakeRecord) -> None:
    """Zero that never arrived is a number."""
    record = make_record("base", 0, context={"target_training_error": 0.1}, epochs_to_target=2, seconds_to_target=2.5)

    row = rows(analyse([record])[0])["base"]

    assert (row["epochs_to_target_never"], row["seconds_to_target_median"]) == ("0", "2.5")


def test_judgement_is_there_with_both_p_values(make_record: MakeRecord) -> None:
    """Effect, interval, both p values, verdict and what is needed have a column each."""
    records = [make_record("base", seed, accuracy=0.5) for seed in range(5)]
    records += [make_record("other", seed, accuracy=0.75) for seed in range(5)]

    row = rows(analyse(records)[0])["other"]

    assert float(row["difference_effect"]) == 0.25
    assert row["verdict"] == "better"
    assert float(row["p_corrected"]) == float(row["difference_p"])


def test_conditions_are_in_every_row(make_record: MakeRecord) -> None:
    """A row that was cut out of its file still says where it comes from."""
    row = rows(analyse([make_record("base", 0)])[0])["base"]

    columns = ("protocol", "dataset", "data_sha256", "device", "hardware", "threads", "torch", "reduced", "seeds")
    assert [row[column] for column in columns] == [
        "quick",
        "mnist-5k",
        "d" * 64,
        "cpu",
        "Test CPU",
        "2",
        "2.14.1",
        "False",
        "1",
    ]


def test_labels_with_commas_and_quotes_survive(make_record: MakeRecord) -> None:
    """CSV quoting is the csv module's."""
    label = 'SK x0.2, "ReLU"'

    assert rows(analyse([make_record("base", 0, label=label)])[0])["base"]["label"] == label


@pytest.fixture(scope="module")
def evidence_tables() -> dict[str, str]:
    """Return the SHA-256 of every table that the committed records of the main job give, by study and comparison."""
    return {
        f"{identifier(result)}-{slug(comparison.name)}": hashlib.sha256(
            comparison_csv(result, comparison).encode()
        ).hexdigest()
        for result in analyse(load(EVIDENCE / "quick" / "records.jsonl"))
        for comparison in result.comparisons
    }


def test_committed_records_give_seven_tables(evidence_tables: dict[str, str]) -> None:
    """No comparison is lost and none is added."""
    assert sorted(evidence_tables) == sorted(EVIDENCE_TABLES)


@pytest.mark.parametrize("name", EVIDENCE_TABLES)
def test_tables_of_the_committed_records_stay_byte_for_byte(evidence_tables: dict[str, str], name: str) -> None:
    """A change of code never changes what machines read of records that are there already."""
    assert evidence_tables[name] == EVIDENCE_TABLES[name]
