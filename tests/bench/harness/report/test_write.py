"""Tests of the files that a report is made of, and of its command."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.harness.paths import PROJECT
from bench.harness.records.record import Record, RecordError
from bench.harness.records.speed import save_speed
from bench.harness.records.store import results_folders
from bench.harness.report.write import images_from, write_all
from tests.bench.conftest import MakePhase, MakeRecord

Study = Callable[..., list[Record]]


def no_images(_dataset: str) -> None:
    """Stand for data sets that are not here."""


@pytest.fixture(scope="module")
def study(make_record: MakeRecord) -> Study:
    """Return a function that makes the records of a study with two arms."""

    def make(seeds: int = 2, **changes: object) -> list[Record]:
        return [
            make_record(arm, seed, accuracy=accuracy, **changes)
            for seed in range(seeds)
            for arm, accuracy in (("base", 0.6), ("other", 0.9))
        ]

    return make


def files(folder: Path) -> list[str]:
    """Return every file below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_every_file_is_written(tmp_path: Path, study: Study) -> None:
    """One comparison: its tables have the study's name; nothing temporary is left."""
    write_all(study(), tmp_path, load_images=no_images)

    assert files(tmp_path) == [
        "figures/norm-curves.svg",
        "figures/norm-throughput.svg",
        "report.html",
        "tables/norm.csv",
        "tables/norm.md",
        "tables/norm.tex",
    ]


def test_speeds_are_those_of_the_folders_phase(tmp_path: Path, study: Study, make_phase: MakePhase) -> None:
    """The speed phase of a run lies beside its records; without it the table says what to do."""
    for name in ("with", "without"):
        if name == "with":
            save_speed(tmp_path / name, make_phase({"base": 1000.0, "other": 800.0}))
        write_all(study(), tmp_path / name, load_images=no_images)

    tables = {name: (tmp_path / name / "tables" / "norm.md").read_text("utf-8") for name in ("with", "without")}
    assert r"×0.800 \[0.792, 0.808\]" in tables["with"]
    assert {name: "No speed phase yet" in text for name, text in tables.items()} == {"with": False, "without": True}


def test_comparisons_have_files_of_their_own(tmp_path: Path, study: Study) -> None:
    """Several comparisons: each name is in its files' names."""
    write_all(study(comparisons=(("one", "base"), ("Two/2", "other"))), tmp_path, load_images=no_images)

    assert files(tmp_path / "tables")[::3] == ["norm-one.csv", "norm-two-2.csv"]


def test_settings_have_tables_of_their_own(tmp_path: Path, study: Study) -> None:
    """Trials on one thread and on two never stand in one table."""
    records = [*study(threads=1, finished="2025-01-01"), *study(threads=2)]

    write_all(records, tmp_path, load_images=no_images)

    tables = [path.read_text("utf-8") for path in sorted((tmp_path / "tables").glob("*.md"))]
    assert sorted(("1 thread, float32" in table, "2 threads, float32" in table) for table in tables) == [
        (False, True),
        (True, False),
    ]


def test_machines_that_trained_whole_seeds_have_one_table(tmp_path: Path, study: Study, make_phase: MakePhase) -> None:
    """It names both, and the one whose speeds it shows."""
    records = [
        replace(one, environment={**one.environment, "hardware": f"machine {one.seed}"}) for one in study(seeds=2)
    ]
    save_speed(tmp_path, make_phase({"base": 100.0, "other": 90.0}, environment={"hardware": "machine 1"}))

    write_all(records, tmp_path, load_images=no_images)

    table = (tmp_path / "tables" / "norm.md").read_text("utf-8")
    assert "machine 0 / machine 1" in table
    assert "Speeds are those of machine 1." in table
    assert len(list((tmp_path / "tables").glob("*.md"))) == 1


def test_making_it_again_changes_nothing(tmp_path: Path, study: Study) -> None:
    """The same records give the same bytes."""
    for name in ("first", "second"):
        write_all(study(), tmp_path / name, load_images=no_images)

    first, second = (
        {path: (tmp_path / name / path).read_bytes() for path in files(tmp_path / name)} for name in ("first", "second")
    )
    assert first == second


def test_files_can_be_read_by_others(tmp_path: Path, study: Study) -> None:
    """A report has the permissions of any new file, not those of a temporary one."""
    write_all(study(), tmp_path, load_images=no_images)
    (tmp_path / "plain").touch()

    assert (tmp_path / "report.html").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_images_are_loaded_once_a_data_set(tmp_path: Path, study: Study) -> None:
    """Ten studies on one data set do not load it ten times."""
    asked: list[str] = []

    write_all([*study(study="a"), *study(study="b")], tmp_path, load_images=asked.append)

    assert asked == ["mnist-5k"]


def test_no_records_write_nothing(tmp_path: Path) -> None:
    """A run without trials leaves the last report alone."""
    assert write_all([], tmp_path, load_images=no_images) == []
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"peak_memory_mb": None},
        {"status": "diverged", "test_loss": None},
        {"accuracy": 0.0},
        {"accuracy": 1.0},
        {"validation_accuracy": None},
        {"comparisons": ()},
        {"comparisons": (("main", "never run"),)},
        {"context": {"target_training_error": 0.1}},
        {"classes": [f"class {place}" for place in range(30)], "confusion": [[1] * 30] * 30},
    ],
    ids=",".join,
)
def test_every_kind_of_record_has_a_report(tmp_path: Path, make_record: MakeRecord, changes: dict[str, object]) -> None:
    """Whatever a trial may leave, there are tables and a report."""
    records = [make_record(arm, seed, **changes) for arm in ("base", "other") for seed in range(5)]

    write_all(records, tmp_path, load_images=no_images)

    assert (tmp_path / "report.html").is_file()


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_have_a_report(tmp_path: Path, study: Study, seeds: int) -> None:
    """Where there are no intervals or no verdicts, there are tables and a report."""
    write_all(study(seeds), tmp_path, load_images=no_images)

    assert (tmp_path / "report.html").is_file()


def test_command_makes_the_report_from_records_alone(
    tmp_path: Path, study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder of protocols is enough."""
    records = tmp_path / "quick" / "records.jsonl"
    records.parent.mkdir()
    records.write_text("".join(f"{record.to_json()}\n" for record in study()), "utf-8")

    status = main(["report", "--results", str(tmp_path)])

    assert status == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"wrote {tmp_path}/quick/report.html"
    assert "other test images than these trials" in (tmp_path / "quick/report.html").read_text("utf-8")


def test_embedded_images_need_no_root() -> None:
    """The default data set is always at hand: 1000 digits and their labels."""
    test_split = images_from(None)("mnist-5k")

    assert test_split is not None
    assert (test_split[0].shape, test_split[1].shape) == ((1000, 1, 28, 28), (1000,))


def test_images_that_are_not_here_are_none(tmp_path: Path) -> None:
    """A report does not fail for want of a data set."""
    assert images_from(tmp_path)("mnist") is None


def test_folder_itself_comes_before_those_in_it(tmp_path: Path) -> None:
    """results/quick is a results folder, and so is results."""
    for folder in (tmp_path / "quick", tmp_path / "smoke"):
        folder.mkdir()
        (folder / "records.jsonl").touch()

    assert results_folders(tmp_path / "quick") == [tmp_path / "quick"]
    assert results_folders(tmp_path) == [tmp_path / "quick", tmp_path / "smoke"]


def test_folder_without_records_is_an_error(tmp_path: Path) -> None:
    """The message says what to do."""
    with pytest.raises(RecordError, match="run `pytest bench/` first"):
        results_folders(tmp_path)


@pytest.mark.parametrize(("content", "message"), [("", "is empty"), ("{}\n", "line 1 is damaged")])
def test_unusable_records_are_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    """No traceback for what the user can mend."""
    (tmp_path / "records.jsonl").write_text(content, "utf-8")

    status = main(["report", "--results", str(tmp_path)])

    error = capsys.readouterr().err
    assert (status, error.count("\n")) == (2, 1)
    assert error.startswith("error: ")
    assert message in error


def test_empty_folder_fails_before_slow_imports(tmp_path: Path) -> None:
    """Neither torch nor Matplotlib is needed to find that there is nothing."""
    code = (
        "import sys, bench.__main__; status = bench.__main__.main(['report', '--results', sys.argv[1]]); "
        "print(status, sorted({'torch', 'matplotlib'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}

    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - constant code

    assert finished.stdout == "2 []\n"
    assert finished.stderr.startswith("error: no records.jsonl in")


def test_the_report_names_the_model_that_a_trial_became(tmp_path: Path, study: Study) -> None:
    """By the id of its record; what was refused, or came of another run, is not there."""
    records = study()
    exports = [
        {"name": "norm_other", "version": 3, "record_id": records[1].record_id, "status": "published"},
        {"name": "norm_base", "version": None, "record_id": records[0].record_id, "status": "refused"},
        {"name": "gone", "version": 1, "record_id": "f" * 32, "status": "published"},
        {"name": "old", "version": 1, "status": "published"},
    ]
    (tmp_path / "export.json").write_text(json.dumps({"exports": exports}), "utf-8")

    write_all(records, tmp_path, load_images=no_images)

    text = (tmp_path / "report.html").read_text("utf-8")
    models = re.search(r'<ul class="exported">(.*?)</ul>', text, re.DOTALL)
    assert models is not None
    record = records[1].record_id[:8]
    assert re.findall("<li>(.*?)</li>", models[1]) == [f"other, seed 0: norm_other version 3 (record {record})"]


@pytest.mark.parametrize("content", ["{}", "no JSON", '{"exports": [1]}'])
def test_a_file_of_exports_that_is_none_costs_no_report(tmp_path: Path, study: Study, content: str) -> None:
    """There is nothing to name then."""
    (tmp_path / "export.json").write_text(content, "utf-8")

    write_all(study(), tmp_path, load_images=no_images)

    assert 'class="exported"' not in (tmp_path / "report.html").read_text("utf-8")
