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
    "activation-lenet5": "d18207aa362b8898498456b92f6d7d5fe1b00fe927edfc1a2bbbdc5abd0c059c",
    "activation-s3": "af2e160a46c89114d99b4c3559f0555aeda1855381addb7bbffcd57bd1b8c169",
    "activation-sk": "db9802fedd2bcebf09cf2ec4c2e4ddcf13fa61eedd12d2a09ba9168fa9ce9952",
    "kernel-size-bn-net": "18b286fa318aa0ecc5117b9fb452f125a2fa8dff8e7d88e76beb57a0a333c926",
    "kernel-size-convnet": "e9ab4a9d7132fca6a547fedcbdb92f27b24c739dad8f578cf12e21ab4b17909e",
    "kernel-size-s0": "8d7af26d5d528ba02ae1a4a87cf5cec9d42e0d1619a095c247b9754976d42a6a",
    "normalisation-normalisation": "b112ac55b5ed532cd40e3cdb2db0d2fdcc4f68cab1027d5992e676b9b52a9b0c",
}


def rows(result: StudyResult) -> dict[str, dict[str, str]]:
    """Return the CSV's rows by arm."""
    text = comparison_csv(result, result.comparisons[0])
    return {row["arm"]: row for row in csv.DictReader(io.StringIO(text))}


def test_numbers_have_twelve_digits(make_record: MakeRecord) -> None:
    """A third is not 0.333; what rounding leaves behind the tenth differs between versions of the libraries."""
    arms = rows(analyse([make_record("base", 0, mflops_per_image=1 / 3)])[0])

    assert arms["base"]["mflops_per_image"] == "0.3333333333"


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
