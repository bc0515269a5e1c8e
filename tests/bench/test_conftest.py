"""The main job as a user runs it: `pytest bench/` in a process of its own, on a small part of one study."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.harness.paths import PROJECT
from tests.warm import run_module

TIMED = {
    *("train_images_per_second", "peak_memory_mb", "warmup_seconds", "evaluation_seconds"),
    *("started", "finished", "record_id"),
}
ARGUMENTS = ("--studies", "activation", "-k", "lenet5-relu", "--threads", "1", "--device", "cpu", "--deterministic")

Finished = subprocess.CompletedProcess[str]


def words(results: Path, *arguments: str) -> list[str]:
    """Return the command line of a run of one arm, by default with three seeds under `smoke`."""
    common = ("--results", str(results), "--protocol", "smoke", "--seeds", "3", f"--benchmark-json={results}/out.json")
    return ["bench/", *common, *ARGUMENTS, *arguments]


def run(results: Path, *arguments: str) -> Finished:
    """Run to the end."""
    return run_module("pytest", *words(results, *arguments))


def records(results: Path) -> list[dict[str, Any]]:
    """Return the lines of records.jsonl."""
    path = results / "smoke" / "records.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def strict_json(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return a JSON file, refusing NaN and infinities."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in {path}")

    return json.loads(path.read_text("utf-8"), parse_constant=refuse)


def untimed(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what a clock or a meter measured."""
    kept = {name: value for name, value in record.items() if name not in TIMED}
    kept["curves"] = {name: value for name, value in record["curves"].items() if name != "epoch_seconds"}
    return kept


def rows(results: Path) -> list[dict[str, Any]]:
    """Return the trials' rows of the benchmark JSON."""
    every = strict_json(results / "out.json")["benchmarks"]
    return [row for row in every if row["extra_info"]["kind"] == "trial"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    """A run that went to its end, from the shell's command on: its results folder and what it printed."""
    results = tmp_path_factory.mktemp("finished")
    process = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "pytest", *words(results)],
        cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    return results, process


@pytest.fixture
def results_again(finished: tuple[Path, Finished], tmp_path: Path) -> Path:
    """A copy of its results folder, to be changed."""
    return Path(shutil.copytree(finished[0], tmp_path / "again"))


def test_run_ends_well(finished: tuple[Path, Finished]) -> None:
    """A run of three trials exits with 0."""
    _, process = finished

    assert process.returncode == 0, process.stdout + process.stderr


def test_json_has_a_row_for_each_trial(finished: tuple[Path, Finished]) -> None:
    """The benchmark JSON has one row a trial and a round an epoch."""
    results, _ = finished

    assert [row["stats"]["rounds"] for row in rows(results)] == [2, 2, 2]


def test_row_carries_the_agreed_names(finished: tuple[Path, Finished]) -> None:
    """Everything that others may rely on is in extra_info, and the group is the study."""
    results, _ = finished
    names = (
        "study arm seed protocol architecture dataset status test_accuracy validation_accuracy "
        "kind alone train_images_per_second parameters mflops_per_image peak_memory_mb epochs device threads "
        "deterministic resumed reduced record_id data_sha256 test_images label margin hardware cores torch"
    )

    row = rows(results)[0]

    assert (row["group"], sorted(names.split())) == ("activation", sorted(row["extra_info"]))


def test_rows_times_are_the_records_times(finished: tuple[Path, Finished]) -> None:
    """pytest-benchmark's rounds are the very seconds that the records hold."""
    results, _ = finished

    seconds = {record["record_id"]: record["curves"]["epoch_seconds"] for record in records(results)}
    assert {row["extra_info"]["record_id"]: row["stats"]["data"] for row in rows(results)} == seconds


def test_plan_is_printed_before_training(finished: tuple[Path, Finished]) -> None:
    """The plan says trials, time and disk before the first trial's line."""
    _, process = finished
    out = process.stdout

    assert 0 < out.index("3 trials: 0 restored, 3 to train, ") < out.index("plan: speed in turns") < out.index("seed 0")


def test_an_arms_speed_has_a_row(finished: tuple[Path, Finished]) -> None:
    """Its rounds are the turns, in seconds a training step; the names that others may rely on are there."""
    results, process = finished
    every = strict_json(results / "out.json")["benchmarks"]
    (row,) = [row for row in every if row["extra_info"]["kind"] == "speed"]
    (phase,) = [strict_json(path) for path in (results / "smoke" / "speed").glob("*.json")]
    names = (
        "kind study arm protocol architecture dataset status device threads deterministic turns turns_disturbed "
        "disturbed_turns hardware cores torch "
        "resumed speed_phase_id train_images_per_second train_images_per_second_low train_images_per_second_high "
        "seconds_per_epoch inference_us_per_image_batch_1 inference_us_per_image_batch_256"
    )

    assert (row["name"], row["group"]) == ("speed[lenet5-relu]", "activation speed")
    assert sorted(row["extra_info"]) == sorted(names.split())
    assert row["stats"]["data"] == phase["arms"][0]["seconds_per_step"]
    assert "lenet5-relu      speed  " in process.stdout


def test_overhead_is_printed(finished: tuple[Path, Finished]) -> None:
    """The last lines say where the time went."""
    _, process = finished

    assert "harness overhead" in process.stdout


def test_outputs_are_written(finished: tuple[Path, Finished]) -> None:
    """Tables in three formats, figures, the report, and a checkpoint with its card for each trial."""
    results, _ = finished
    written = {path.suffix for path in (results / "smoke").rglob("*") if path.is_file()}

    assert {".md", ".csv", ".tex", ".svg", ".html", ".safetensors", ".json", ".jsonl"} <= written


def test_second_run_restores(finished: tuple[Path, Finished], tmp_path: Path) -> None:
    """The same command again trains nothing; restored rows say so and keep their recorded times."""
    results, _ = finished
    before = strict_json(results / "out.json")["benchmarks"]

    process = run(results, f"--benchmark-json={tmp_path}/again.json")
    again = strict_json(tmp_path / "again.json")["benchmarks"]

    assert process.returncode == 0, process.stdout
    assert all(row["extra_info"]["resumed"] for row in again)
    assert [row["stats"]["data"] for row in again] == [row["stats"]["data"] for row in before]


def test_two_runs_agree_to_the_bit(finished: tuple[Path, Finished], tmp_path: Path) -> None:
    """With --deterministic every column but the timed ones, the weights' hash included, is the same again."""
    results, _ = finished
    run(tmp_path)

    ours, theirs = ({record["seed"]: untimed(record) for record in records(folder)} for folder in (tmp_path, results))
    assert ours == theirs


def test_fresh_trains_again(results_again: Path) -> None:
    """--fresh trains what has a record, and keeps the old record in the file."""
    run(results_again, "--seeds", "1", "--fresh")

    assert sorted(record["seed"] for record in records(results_again)) == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--studies", "activatoin"), "unknown study 'activatoin': did you mean 'activation'?"),
        (("--device", "gpu"), "unknown device 'gpu'"),
        (("--dataset", "mnits"), "unknown data set 'mnits': did you mean 'mnist'?"),
        (("--dataset", "cifar10", "--data-root", "tests"), "put cifar-10-batches-py/"),
        (("--protocol", "quik"), "unknown protocol 'quik': did you mean 'quick'?"),
        (("--seeds", "0"), "--seeds is '0': at least one seed"),
        (("--threads", "0"), "--threads is 0: it must be at least 1"),
        (("--time-limit", "-1"), "--time-limit is -1: it must be above 0"),
        (("--results", "README.md"), "cannot be written to"),
        (("--benchmark-disable",), "leave nothing to measure"),
        (("--benchmark-compare-fail=median:30%",), "--benchmark-compare-fail needs --benchmark-compare"),
        (("--workers", "2", "--batch-seeds"), "choose one"),
        (("--benchmark-cprofile=tottime",), "use `python -m bench hotspots`"),
        (("--benchmark-json=tests",), "is a folder: name a file"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, tuple) else "",
)
def test_bad_option_is_one_line(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    """A mistake on the command line is one line that says what to do; nothing is trained or written."""
    process = run(tmp_path, *arguments)
    errors = [line for line in process.stderr.splitlines() if line.startswith("ERROR: ")]

    assert (process.returncode, len(errors), records(tmp_path)) == (pytest.ExitCode.USAGE_ERROR, 1, [])
    assert message in errors[0]


def test_damaged_record_stops_the_run(finished: tuple[Path, Finished], tmp_path: Path) -> None:
    """Damage before the last line is an error that names the line; the file is left as it is."""
    (tmp_path / "smoke").mkdir()
    lines = (finished[0] / "smoke" / "records.jsonl").read_text("utf-8").splitlines(keepends=True)
    path = tmp_path / "smoke" / "records.jsonl"
    path.write_text("".join([lines[0][:100] + "\n", *lines[1:]]), "utf-8")
    before = path.read_bytes()

    process = run(tmp_path)

    assert (process.returncode, path.read_bytes()) == (pytest.ExitCode.USAGE_ERROR, before)
    assert "line 1 is damaged" in process.stderr


def test_unfinished_last_line_is_set_aside(finished: tuple[Path, Finished], tmp_path: Path) -> None:
    """A last line cut off by a kill is kept in a file of its own, and its trial runs again."""
    (tmp_path / "smoke").mkdir()
    text = (finished[0] / "smoke" / "records.jsonl").read_text("utf-8")
    (tmp_path / "smoke" / "records.jsonl").write_text(text[:-200], "utf-8")

    process = run(tmp_path)

    assert "was cut off" in process.stdout + process.stderr
    assert sorted(record["seed"] for record in records(tmp_path)) == [0, 1, 2]
    assert (tmp_path / "smoke" / "records.jsonl.unfinished").is_file()


def test_compare_and_gate(finished: tuple[Path, Finished], tmp_path: Path) -> None:
    """pytest-benchmark's save, compare and gate work; restored rows compare old times, and a line says so."""
    results, _ = finished
    storage = f"--benchmark-storage=file://{tmp_path}"
    run(results, storage, "--benchmark-save=before")

    process = run(results, storage, "--benchmark-compare", "--benchmark-compare-fail=median:30%")

    assert process.returncode == 0, process.stdout
    assert "(NOW)" in process.stdout
    assert "warning: 3 trials bring their recorded times to the comparison: add --fresh" in process.stdout


def test_a_gate_that_trips_exits_with_1(finished: tuple[Path, Finished], tmp_path: Path) -> None:
    """As a line and without a traceback, with the answers below it."""
    results, _ = finished
    storage = f"--benchmark-storage=file://{tmp_path}"
    run(results, storage, "--benchmark-save=before")
    (saved,) = tmp_path.rglob("*_before.json")
    content = json.loads(saved.read_text("utf-8"))
    for row in content["benchmarks"]:
        row["stats"]["median"] /= 10
    saved.write_text(json.dumps(content), "utf-8")

    process = run(results, storage, "--benchmark-compare", "--benchmark-compare-fail=median:30%")

    assert process.returncode == 1, process.stdout
    assert "Traceback" not in process.stdout + process.stderr
    assert "report.html" in process.stdout


def test_time_limit_skips(tmp_path: Path) -> None:
    """Trials that would end after --time-limit are skipped; nothing is lost or broken."""
    process = run(tmp_path, "--time-limit", "0.0001")

    assert (process.returncode, records(tmp_path)) == (0, [])


def test_collect_only_lists_readable_ids(tmp_path: Path) -> None:
    """Every trial has an id with study, arm and seed."""
    process = run(tmp_path, "--collect-only", "-q")

    assert "bench/test_activation.py::test_activation[lenet5-relu-seed2]" in process.stdout.splitlines()


def test_the_json_stands_beside_its_records(finished: tuple[Path, Finished]) -> None:
    """Without --benchmark-json it is DIR/<protocol>/benchmark.json; seeds as one program need not be timed."""
    results, _ = finished
    line = words(results, "--seeds", "2", "--fresh", "--batch-seeds")
    process = run_module("pytest", *(word for word in line if "benchmark-json" not in word))

    made = strict_json(results / "smoke" / "benchmark.json")["benchmarks"]
    assert process.returncode == 0, process.stdout
    assert [row["extra_info"].get("alone") for row in made] == [False, False, None]
