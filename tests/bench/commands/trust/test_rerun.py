"""Tests of bench.commands.trust.rerun on the records of a small net."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.commands.trust.rerun import Rerun, train_again
from bench.harness.errors import UserError
from bench.harness.records.record import Record, load

SMALL = ("mlp", "-o", "hidden=(8,)", "-r", "train_images=64", "-r", "epochs=2", "-r", 'augment=("crop",)')


@pytest.fixture(autouse=True)
def settings_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the commands from changing torch's settings for later tests."""
    monkeypatch.setattr("bench.harness.machine.execution.apply", lambda _: None)
    monkeypatch.setattr("bench.commands.trust.rerun.apply", lambda _: None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the file with the records of two seeds of a small net."""
    for seed in ("0", "1"):
        words = ["train", *SMALL, "--seed", seed, "--device", "cpu", "--threads", "1", "--results", str(tmp_path)]
        assert main(words) == 0
    return tmp_path / "train" / "records.jsonl"


def written(path: Path, records: Sequence[Record]) -> Path:
    """Write records to a file beside another; return it."""
    changed = path.with_name("changed.jsonl")
    changed.write_text("".join(f"{record.to_json()}\n" for record in records), "utf-8")
    return changed


def rerun(path: Path, *words: str) -> int:
    """Run the command on a file of records."""
    return main(["rerun", *words, "--records", str(path)])


def test_a_trial_trained_again_agrees(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On the same machine image by image, from the record alone: the study is none of bench/."""
    record = load(path)[0]
    capsys.readouterr()

    assert rerun(path, record.record_id[:8]) == 0
    output = capsys.readouterr().out
    assert f"{record.record_id[:8]}): agrees, the same answer to every image" in output
    assert "1 of 1 agree" in output


def test_a_record_of_another_seed_does_not_agree(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A record whose seed was changed by hand is found out, and the exit status says so."""
    first, _ = load(path)
    changed = written(path, [replace(first, seed=7)])

    assert rerun(changed, first.record_id) == 1
    assert "DIFFERS" in capsys.readouterr().out


def test_other_data_are_an_error(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is trained on images that the record is not about."""
    first = load(path)[0]
    changed = written(path, [replace(first, data_sha256="e" * 64)])

    assert rerun(changed, first.record_id) == 2
    assert "with SHA-256 eeeeeeeeeeeeeeee, and that here has" in capsys.readouterr().err


def test_changed_code_is_told(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The hash of the code is held against today's."""
    first = load(path)[0]
    changed = written(path, [replace(first, definition={**first.definition, "code": "0" * 16})])

    assert rerun(changed, first.record_id) == 0
    assert "the code has changed since: 0000000000000000 then" in capsys.readouterr().out


def test_a_sample_is_drawn_without_being_named(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each record at most once."""
    assert rerun(path, "--sample", "2") == 0
    assert "2 of 2 agree" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing",), "no record has an id that begins with 'nothing'"),
        (("",), "2 records have an id that begins with ''"),
        (("--sample", "3"), "--sample is 3: there are 2 records"),
        ((), "name a record by its id"),
    ],
)
def test_a_record_must_be_named(
    path: Path, words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says what is missing."""
    assert rerun(path, *words) == 2
    assert message in capsys.readouterr().err


def test_other_answers_agree_where_a_further_seed_could_have_given_them(path: Path) -> None:
    """On another machine rounding differs; the interval is that of the arm's own seeds."""
    old, other = load(path)
    low, high = old.test_accuracy - 0.1, old.test_accuracy + 0.1

    assert Rerun(old, other, (low, high)).agrees is (low <= other.test_accuracy <= high)
    assert not Rerun(old, replace(other, test_accuracy=low - 0.01), (low, high)).agrees
    assert not Rerun(old, other, None).agrees


def test_the_interval_is_of_the_records_own_arm(path: Path) -> None:
    """Records of another definition have no part in it."""
    first, second = load(path)
    foreign = replace(second, record_id="f" * 32, definition={**second.definition, "recipe": {"epochs": 9}})

    assert train_again(first, [first, second, foreign], None).run == train_again(first, [first, second], None).run


def test_a_device_that_is_not_here_is_an_error(path: Path) -> None:
    """A record of a GPU says so where there is none."""
    first = load(path)[0]

    with pytest.raises(UserError, match="nosuch"):
        train_again(replace(first, device="nosuch"), [first], None)
