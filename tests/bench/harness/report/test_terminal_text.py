"""Tests of what a terminal shows at the end of a run."""

from dataclasses import replace

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.conditions import one_line
from bench.harness.analysis.results import ArmRow, StudyResult
from bench.harness.paths import COMMITTED_RECORDS
from bench.harness.records.record import load
from bench.harness.report.terminal_text import summary_lines
from bench.harness.streams import LEAST_COLUMNS, columns
from tests.bench.conftest import MakeRecord, phases_of


@pytest.fixture(scope="module")
def committed() -> list[StudyResult]:
    """Return the studies of the committed run, each with a speed phase."""
    records = load(COMMITTED_RECORDS)
    return analyse(records, phases_of(records))


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_every_line_fits(committed: list[StudyResult], width: int) -> None:
    """Questions and conditions go on in the next line; of an arm only the name is cut."""
    assert max(map(len, summary_lines(committed, width))) <= width


@pytest.mark.parametrize("width", [80, 120])
def test_every_comparison_is_one_line(committed: list[StudyResult], width: int) -> None:
    """Thirteen pairs, each with its difference, its interval, its verdict and its speed."""
    lines = [line for line in summary_lines(committed, width) if line.endswith("×")]

    assert len(lines) == 13
    assert all("[" in line and "]" in line for line in lines)


def test_a_cut_name_says_so(committed: list[StudyResult]) -> None:
    """Where there is no room for the baseline it is left out; a longer name ends in an ellipsis."""
    wide, narrow = ("\n".join(summary_lines(committed, width)) for width in (120, 80))

    assert "LRN over 5 channels against no normalisation " in wide
    assert "LRN over 5 channels    " in narrow
    assert "LeNet-5, sigmoid, S3's SGD (210 steps) " in wide


def test_the_lines_carry_what_they_were_measured_on(committed: list[StudyResult]) -> None:
    """Lines that are copied out of a terminal can still be compared; what all studies share is said once."""
    text = " ".join(" ".join(summary_lines(committed, 120)).split())

    assert text.count("Measured with: ") == len({one_line(result) for result in committed}) <= len(committed)
    assert "seeds an arm" in text


def test_two_settings_are_told_apart(make_record: MakeRecord) -> None:
    """The older one carries in its name how it differs."""
    records = [make_record(arm, seed) for arm in ("base", "other") for seed in range(5)]
    earlier = [replace(record, threads=1, finished="2025-01-01") for record in records]

    names = [line.split(":")[0] for line in summary_lines(analyse([*records, *earlier]), 120) if "help?" in line]

    assert [name.partition("(threads-1")[0].strip() for name in names] == ["norm", "norm"] != names


def test_what_is_missing_is_said(make_record: MakeRecord) -> None:
    """In place of a line that cannot be there."""
    text = "\n".join(summary_lines(analyse([make_record("other", 0)]), 120))

    assert "no trial yet of the baseline arm 'base'" in text


@pytest.mark.parametrize(("told", "width"), [("80", 80), ("200", 200), ("10", LEAST_COLUMNS)])
def test_the_environment_may_say_the_width(monkeypatch: pytest.MonkeyPatch, told: str, width: int) -> None:
    """As other programs take COLUMNS; below what a line needs it is not followed."""
    monkeypatch.setenv("COLUMNS", told)

    assert columns() == width


def test_failed_trials_are_counted_beside_the_verdict(committed: list[StudyResult]) -> None:
    """S3's setting never leaves chance in so few steps: a mean of such trials is none of a trained net."""
    text = "\n".join(summary_lines(committed, 160))

    assert "worse, 5 of 5 failed" in text
    assert text.count(" failed") == sum(bool(row.arm.failures.failed) for row in judged(committed))


def judged(results: list[StudyResult]) -> list[ArmRow]:
    """Return the rows with a verdict."""
    return [row for result in results for comparison in result.comparisons for row in comparison.rows if row.judgement]
