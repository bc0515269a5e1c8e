"""Tests of the CSV for machines."""

import csv
import hashlib
import io
import math

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import StudyResult
from bench.harness.files import slug
from bench.harness.paths import EVIDENCE
from bench.harness.records.record import load
from bench.harness.records.speed import load_speeds
from bench.harness.report.csv_table import comparison_csv
from bench.harness.report.page import identifier
from tests.bench.conftest import MakePhase, MakeRecord

# SHA-256 of the tables that the committed records and speed phases gave when they were recorded; new ones need new.
EVIDENCE_TABLES = {
    "activation-lenet5": "70b70dfa73d0a6aafe3f4d6b92440d98474d1bc21cc0e67cda96420652177e20",
    "activation-s3": "9169e7fd2a8b5ac5b76199279ace49f3125b5b84b132d800b505bb5767e2d79a",
    "activation-sk": "42be5c9e29700675c373a419cef1fd4cc79d11458d5afc5d06c302a1c96b070f",
    "kernel-size-bn-net": "4993a7bc7d72a5ea056f339b12f3bfefba4998b198b1e06fa762b6242910aaed",
    "kernel-size-convnet": "d3779060dbf74674cc12c0ae50ff962727fb93528312bdc6fc8b865ef613a685",
    "kernel-size-s0": "3b2b27594d78ba14a744f9e3e030e1902ab03a926bcaf5e60c7fe70a45068876",
    "normalisation-normalisation": "bb0d885cd77603705e43347e40949adfb8484e141c6dca696174339baa6ad9a1",
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


def test_no_seed_censored_is_zero_and_not_empty(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """Zero that never arrived is a number; 4000 images an epoch at 1000 a second make 8 s of two epochs."""
    record = make_record("base", 0, context={"target_training_error": 0.1}, epochs_to_target=2)

    row = rows(analyse([record], [make_phase({"base": 1000.0})])[0])["base"]

    assert (row["epochs_to_target_never"], row["seconds_to_target_median"]) == ("0", "8.0")


def test_speeds_have_their_turns_beside_them(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """Median, interval, number of turns and of disturbed ones: a reader can judge a speed from its row alone."""
    records = [make_record(arm, 0) for arm in ("base", "other")]

    row = rows(analyse(records, [make_phase({"base": 1000.0, "other": 500.0}, disturbed=3)])[0])["other"]

    low, median, high = (float(row[f"throughput_ratio_{part}"]) for part in ("low", "median", "high"))
    assert (low, median, high) == pytest.approx((0.5 * math.exp(-0.01), 0.5, 0.5 * math.exp(0.01)))
    columns = ("train_images_per_second_median", "seconds_per_epoch_median", "inference_us_per_image_batch_256_median")
    assert [row[column] for column in columns] == ["500.0", "8.0", "20.0"]
    assert [row[name] for name in ("speed_turns", "speed_turns_disturbed", "training_threads")] == ["12", "3", "2"]


def test_without_a_phase_the_cells_of_speed_are_empty(make_record: MakeRecord, make_phase: MakePhase) -> None:
    """The columns are there all the same: tables of before and after a speed phase can be put together."""
    records = [make_record(arm, 0) for arm in ("base", "other")]

    without = rows(analyse(records)[0])["other"]

    columns = [name for name in without if name.startswith(("throughput", "train_images", "inference", "speed_turns"))]
    assert [without[column] for column in columns] == [""] * 14
    assert list(without) == list(rows(analyse(records, [make_phase({"base": 1.0, "other": 1.0})])[0])["other"])


def test_judgement_is_there_with_both_p_values(make_record: MakeRecord) -> None:
    """Effect, interval, both p values, verdict, its look and what is not excluded have a column each."""
    records = [make_record("base", seed, accuracy=0.5) for seed in range(5)]
    records += [make_record("other", seed, accuracy=0.75) for seed in range(5)]

    row = rows(analyse(records)[0])["other"]

    assert float(row["difference_effect"]) == 0.25
    assert row["verdict"] == "better"
    assert float(row["difference_p"]) < float(row["p_corrected"]) < 0.05
    assert (row["look_seeds"], row["within_margin"]) == ("5", "False")
    assert float(row["not_excluded_difference"]) > 0.25


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
        for result in analyse(load(EVIDENCE / "quick" / "records.jsonl"), load_speeds(EVIDENCE / "quick"))
        for comparison in result.comparisons
    }


def test_committed_records_give_seven_tables(evidence_tables: dict[str, str]) -> None:
    """No comparison is lost and none is added."""
    assert sorted(evidence_tables) == sorted(EVIDENCE_TABLES)


@pytest.mark.parametrize("name", EVIDENCE_TABLES)
def test_tables_of_the_committed_records_stay_byte_for_byte(evidence_tables: dict[str, str], name: str) -> None:
    """A change of code never changes what machines read of records that are there already."""
    assert evidence_tables[name] == EVIDENCE_TABLES[name]
