"""Tests of what the learning rates were chosen by, drawn."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.harness.analysis.analyse import analyse
from bench.harness.analysis.results import StudyResult
from bench.harness.report.figures.rates import rates_svg
from bench.harness.study import learning_rates
from tests.bench.conftest import MakeRecord

RATES, ARMS = (0.001, 0.01, 0.1), ("base", "other")


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let 0.01 be chosen for both arms; return the folder of the choices."""
    monkeypatch.setattr(learning_rates, "CHOSEN_RATES", tmp_path)
    for arm in ARMS:
        path = learning_rates.path_of("norm", "quick", arm)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(choice()), "utf-8")
    return tmp_path


def choice() -> dict[str, Any]:
    """Return the content of a choice's file: three rates with two seeds each."""
    tried = [
        {
            "learning_rate": rate,
            "seed": seed,
            "validation_accuracy": 0.9 - 0.01 * abs(place - 1) - 0.02 * seed,
            "epochs": 6,
            "epochs_to_target": None if seed else 2 + place,
        }
        for place, rate in enumerate(RATES)
        for seed in range(2)
    ]
    return {
        "learning_rate": 0.01,
        "kept": [0.001, 0.01, 0.1],
        "subject": "",
        "code": "",
        "train_images_per_second": 1.0,
        "tried": tried,
    }


def study(make_record: MakeRecord, *, rate: float = 0.01, target: float | None = None) -> StudyResult:
    """Return a study of both arms, trained at a rate."""
    records = [
        make_record(
            arm,
            0,
            comparisons=(("norm", "base"),),
            definition={"recipe": {"learning_rate": rate}, "learning_rate_from": f"{arm}.json"},
        )
        for arm in ARMS
    ]
    for record in records:
        record.context["target_training_error"] = target
    return analyse(records)[0]


def hovers(svg: str) -> list[str]:
    """Return the hover texts of all marks."""
    return re.findall("<title>(.*?)</title>", svg)


@pytest.mark.usefixtures("choose")
def test_arms_are_drawn_at_the_means_of_their_seeds(make_record: MakeRecord) -> None:
    """Accuracy: at 0.1, the last, 0.89 and 0.87."""
    texts = hovers(rates_svg(study(make_record)))

    assert sum("validation accuracy (%) 88, learning rate 0.1" in text for text in texts) == 2 * len(ARMS)
    assert sum("validation accuracy (%) 89, learning rate 0.01" in text for text in texts) == len(ARMS)


@pytest.mark.usefixtures("choose")
def test_with_a_target_its_epochs_are_drawn(make_record: MakeRecord) -> None:
    """At 0.1, the last, 4 epochs and never, which counts as 7."""
    texts = hovers(rates_svg(study(make_record, target=0.05)))

    assert sum("epochs to the target 5.500, learning rate 0.1" in text for text in texts) == 2 * len(ARMS)


@pytest.mark.usefixtures("choose")
def test_trials_at_another_rate_have_no_figure(make_record: MakeRecord) -> None:
    """The committed rate is not the one that they were trained with."""
    assert rates_svg(study(make_record, rate=0.3)) == ""


def test_a_choice_that_is_gone_or_damaged_is_not_drawn(make_record: MakeRecord, choose: Path) -> None:
    """A report is made from records alone, on any machine."""
    learning_rates.path_of("norm", "quick", "base").unlink()
    assert rates_svg(study(make_record))
    (choose / "quick" / "norm" / "other.json").write_text("{", "utf-8")

    assert rates_svg(study(make_record)) == ""
