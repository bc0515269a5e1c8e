"""Tests of bench.performance.cores: real runs, dry runs through the very pool, and their shares of the ideal."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import main
from bench.harness.errors import UserError
from bench.harness.paths import COMMITTED_RECORDS
from bench.harness.records.record import load
from bench.harness.run.backends.backend import BackendError
from bench.performance import cores
from bench.performance.cores import Run, cores_svg, dry_run, phase_seconds, planned_again, real_run, table

CONTENT: dict[str, Any] = {
    "phase_seconds": 20.0,
    "real": [Run(1, 110.0, 100.0, 10)._asdict(), Run(2, 72.5, 110.0, 10)._asdict()],
    "dry": [Run(4, 30.0, 100.0, 10)._asdict()],
}


def test_shares_are_of_what_the_cores_could_make() -> None:
    """Ten seconds are serial; two cores took 62.5 s for what 50 would do; four and speed 60 s for (100 + 30) / 4."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table(CONTENT).splitlines()[2:]]

    assert rows == [
        ["1", "run, 10 trials", "100.0", "100 %", "110.0", "100 %"],
        ["2", "run, 10 trials", "62.5", "80 %", "72.5", "76 %"],
        ["4", "dry, 10 trials and speed", "30.0", "83 %", "60.0", "54 %"],
    ]


def test_the_figure_has_both_lines() -> None:
    """As SVG that names its axes."""
    text = cores_svg(CONTENT)

    assert text.startswith("<?xml")
    for words in ("share of the ideal", "to the answer"):
        assert words in text


def test_a_dry_run_goes_through_the_pool() -> None:
    """Four trials of a tenth of a second on two workers take two tenths and what the pool costs."""
    trials = [replace(trial, expected_seconds=0.1) for trial in planned_again(load(COMMITTED_RECORDS)[:4])]

    run = dry_run(trials, 2)

    assert run.trials == 4
    assert run.work_seconds == pytest.approx(0.4)
    assert run.seconds > 0.2


def test_a_trial_that_fails_ends_a_dry_run() -> None:
    """Its error is raised: the others alone would be done too soon."""
    (trial,) = planned_again(load(COMMITTED_RECORDS)[:1])

    with pytest.raises(BackendError, match="has no record"):
        dry_run([replace(trial, record=None, expected_seconds=0.0)], 1)


def test_trials_are_planned_in_the_order_of_a_run() -> None:
    """All arms of a seed before the next seed, and none is lost."""
    records = load(COMMITTED_RECORDS)

    trials = planned_again(records)

    assert len(trials) == len(records)
    assert [trial.trial.seed for trial in trials] == sorted(record.seed for record in records)


def test_a_real_run_is_timed_with_its_trials() -> None:
    """One of one trial."""
    run = real_run(
        ["--protocol", "smoke", "--studies", "activation", "--seeds", "1", "-k", "lenet5-relu and not speed"], 0
    )

    assert run.trials == 1
    assert run.seconds > run.work_seconds > 0


def test_a_failing_run_is_an_error() -> None:
    """With what it said."""
    with pytest.raises(UserError, match="unknown protocol 'quik'"):
        real_run(["--protocol", "quik"], 1)


def test_the_committed_phases_took_time() -> None:
    """Seconds, not hours."""
    assert 1 < phase_seconds() < 3600


def test_the_command_writes_runs_and_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of each kind for every number of cores."""
    monkeypatch.setattr(cores, "real_run", lambda _options, workers: Run(workers, 12.0 / workers, 10.0, 5))
    monkeypatch.setattr(cores, "dry_run", lambda trials, workers: Run(workers, 1.0, 10.0, len(trials)))
    paths = tmp_path / "cores.json", tmp_path / "cores.svg"

    assert main(["cores", "--json", str(paths[0]), "--figure", str(paths[1])]) == 0

    content = json.loads(paths[0].read_text("utf-8"))
    assert [run["cores"] for run in [*content["real"], *content["dry"]]] == [1, 2, 4, 8, 16, 32, 64]
    assert paths[1].is_file()
    assert "| 64" in capsys.readouterr().out
