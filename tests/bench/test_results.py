"""Tests of bench.results, the notebook's way in."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from bench import results
from bench.harness.errors import UserError
from bench.harness.stats.verdict import HELD_BACK
from tests.bench.conftest import a_record

ARMS = {"base": 0.9, "good": 0.95, "bad": 0.8}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a results folder of two studies; `base` is in both."""
    records = [
        a_record(arm, seed, accuracy=accuracy, order=order, study="norm", label=f"the {arm} one")
        for order, (arm, accuracy) in enumerate(ARMS.items())
        for seed in range(5)
    ]
    records += [a_record(arm, seed, study="depth") for arm in ("base", "deep") for seed in range(2)]
    (tmp_path / "records.jsonl").write_text("".join(f"{record.to_json()}\n" for record in records), "utf-8")
    return tmp_path


def test_the_frame_has_a_row_a_trial(folder: Path) -> None:
    """Columns are a record's fields; a path may be text."""
    frame = results.load(str(folder)).frame

    assert len(frame) == 19
    assert frame.groupby(["study", "arm"])["test_accuracy"].mean()["norm", "good"] == pytest.approx(0.95)


def test_a_planned_pair_is_judged_as_in_its_table(folder: Path) -> None:
    """The verdict, the difference and the sentence are those of the study."""
    answer = results.load(folder).compare("good", "base", study="norm")

    assert answer.judgement.verdict == "better"
    assert answer.judgement.difference.effect == pytest.approx(0.05)
    assert repr(answer).startswith("the good one beat the base one by 5.00 points [")


def test_any_other_pair_is_corrected_for_all_pairs(folder: Path) -> None:
    """It was chosen out of the three that the study's arms make; a name that one study has needs no study."""
    judgement = results.load(folder).compare("bad", "good").judgement

    assert judgement.verdict == "worse"
    assert judgement.looks is not None
    assert judgement.p_corrected == pytest.approx(3 * judgement.looks.differ / (1 - HELD_BACK))


@pytest.mark.parametrize(
    ("arm", "baseline", "study", "problem"),
    [
        ("goood", "base", None, "unknown arm 'goood': did you mean 'good'"),
        ("good", "deep", None, "no study has both arms"),
        ("good", "base", "nrm", "unknown study 'nrm': did you mean 'norm'"),
        ("base", "base", "norm", "compared with itself"),
        ("base", "base", None, "name a study: depth, norm"),
    ],
)
def test_what_cannot_be_compared_is_named(
    folder: Path, arm: str, baseline: str, study: str | None, problem: str
) -> None:
    """The message says what there is."""
    with pytest.raises(UserError, match=problem):
        results.load(folder).compare(arm, baseline, study=study)


def test_arms_with_other_test_images_are_not_compared(tmp_path: Path) -> None:
    """The message names the two."""
    records = [a_record(arm, seed, images=images) for arm, images in (("base", 200), ("x", 300)) for seed in range(2)]
    (tmp_path / "records.jsonl").write_text("".join(f"{record.to_json()}\n" for record in records), "utf-8")

    with pytest.raises(UserError, match="'x' and 'base' of norm were tested on other numbers of images"):
        results.load(tmp_path).compare("x", "base")


def test_a_study_is_drawn(folder: Path) -> None:
    """A figure of Matplotlib with an arm a line, in the study's order."""
    run = results.load(folder)

    figure = run.plot("norm")

    assert isinstance(figure, Figure)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [f"the {arm} one" for arm in ARMS]
    with pytest.raises(UserError, match="name a study"):
        run.plot()


def test_a_folder_without_trials_is_an_error(tmp_path: Path) -> None:
    """An empty file of records has nothing to show."""
    (tmp_path / "records.jsonl").touch()

    with pytest.raises(UserError, match="is empty"):
        results.load(tmp_path)
