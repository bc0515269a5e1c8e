"""Tests of bench.harness.training.trial_run: one small trial on a slice of mnist-5k, two epochs."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

from bench.harness.data.catalogue import SOURCES
from bench.harness.data.dataset import Dataset, Images
from bench.harness.data.load import load
from bench.harness.data.preprocess import Preprocess
from bench.harness.machine.device import Execution
from bench.harness.records.answers import correct_bits, predictions
from bench.harness.records.record import Record, from_json
from bench.harness.study.planned import settle
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import Arm, Protocol, Study
from bench.harness.study.trial import resolve
from bench.harness.training import trial_run
from bench.harness.training.evaluation import Evaluation, evaluate
from bench.harness.training.trial_run import CURVE_DIGITS, TrialRun, preprocesses
from models import checkpoint

BASE = Execution("cpu", threads=1)
RECIPE = Recipe(optimizer="adam", learning_rate=0.003, epochs=2, train_images=320)
PLAIN_MLP = {"hidden": ()}  # softmax regression


def run_of(
    folder: Path,
    architecture: str = "mlp",
    options: Mapping[str, Any] = PLAIN_MLP,
    *,
    dataset: Dataset | None = None,
    target: float | None = None,
    test_curve: bool = False,
    **recipe: Any,  # noqa: ANN401 - any hyper-parameter
) -> TrialRun:
    """Return a trial that has not begun."""
    data = dataset or load("mnist-5k")
    arm = Arm(name="tiny", label="tiny", architecture=architecture, options=options)
    protocol = Protocol("mnist-5k", RECIPE.but(recipe), (arm,), target_training_error=target)
    study = Study(
        name="s",
        question="?",
        held_fixed="",
        margin=0.01,
        comparisons=(),
        protocols={"quick": protocol},
        test_curve=test_curve,
    )
    trial = resolve(study, "quick", "tiny", 4, data.source, own_data=True)
    return TrialRun(settle(trial, BASE, data.sha256), data, folder)


def finished(run: TrialRun) -> Record:
    """Train a trial to its end and return its record."""
    for _ in run.epochs():
        pass
    return run.record()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results folder of the record below."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def record(results: Path) -> Record:
    """Return the record of a finished trial; the tests only read it."""
    return finished(run_of(results))


def test_the_trial_learns(record: Record) -> None:
    """Softmax regression on 320 digits for two epochs is far above chance."""
    assert record.status == "ok"
    assert record.test_accuracy > 0.5


def test_the_checkpoint_has_the_recorded_accuracy(record: Record, results: Path) -> None:
    """The net on disk is the net that was measured, and answers every test image the same."""
    model = checkpoint.load(results / str(record.checkpoint))
    card = checkpoint.read_card(results / str(record.checkpoint))
    answers = evaluate(model, load("mnist-5k").test, Preprocess(tuple(card["mean"]), tuple(card["std"])))

    assert answers.accuracy == record.test_accuracy == card["test_accuracy"]
    assert np.array_equal(answers.predictions, predictions(record, load("mnist-5k").test.labels.numpy()))


def test_the_checkpoints_card_says_the_ground_of_its_data_set(record: Record, results: Path) -> None:
    """Pictures that the net is asked about are read as its training images were: light strokes on black."""
    assert checkpoint.read_card(results / str(record.checkpoint))["ground"] == "black"


def test_the_checkpoints_card_says_the_fit_of_its_data_set(record: Record, results: Path, tmp_path: Path) -> None:
    """Pictures of another shape are brought to size as its training images were."""
    data = load("mnist-5k")
    cropped = finished(run_of(tmp_path, dataset=replace(data, source=replace(data.source, fit="crop")), epochs=1))

    assert checkpoint.read_card(results / str(record.checkpoint))["fit"] == "stretch"
    assert checkpoint.read_card(tmp_path / str(cropped.checkpoint))["fit"] == "crop"


def test_the_checkpoint_has_the_recorded_hash(record: Record, results: Path) -> None:
    """A checkpoint of another run is not taken for this one's."""
    content = (results / str(record.checkpoint)).read_bytes()

    assert hashlib.sha256(content).hexdigest() == record.checkpoint_sha256


def test_the_record_agrees_with_itself(record: Record) -> None:
    """Accuracy, correctness bits and confusion count the same answers."""
    correct = correct_bits(record)

    assert len(correct) == record.test_images == np.sum(record.confusion) == 1000
    assert record.test_accuracy == correct.mean() == np.trace(record.confusion) / 1000


def test_the_curves_have_a_value_an_epoch(record: Record) -> None:
    """Training and validation alike, and the last validation is the trial's."""
    assert {len(values) for values in record.curves.values()} == {2}  # type: ignore[arg-type]  # TypedDict values are objects
    assert record.validation_accuracy == record.curves["validation_accuracy"][-1]


def test_the_throughput_is_that_of_the_epochs(record: Record) -> None:
    """Images of all epochs over their seconds (recorded to a few digits); evaluation is off the clock."""
    seconds = sum(record.curves["epoch_seconds"])

    assert record.train_images_per_second == pytest.approx(2 * 320 / seconds, rel=10.0 ** (1 - CURVE_DIGITS))
    assert min(seconds, record.evaluation_seconds, record.warmup_seconds) > 0


def test_the_key_is_that_of_the_plan(record: Record, tmp_path: Path) -> None:
    """The record is found by the run that looks for it."""
    run = run_of(tmp_path)

    assert record.key == settle(run.trial, BASE, load("mnist-5k").sha256).key


def test_the_record_can_be_written(record: Record) -> None:
    """Every value is JSON's, and none is NaN."""
    assert from_json(record.to_json()).key == record.key


def test_each_run_has_an_id_of_its_own(record: Record, tmp_path: Path) -> None:
    """Key and accuracy of a repetition are the same, the record is not."""
    again = finished(run_of(tmp_path))

    assert (again.key, again.test_accuracy) == (record.key, record.test_accuracy)
    assert again.record_id != record.record_id


def test_the_test_set_is_touched_once_after_the_last_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Validation comes after every epoch, the test images are answered once."""
    seen: list[int] = []

    def spy(model: nn.Module, images: Images, preprocess: Preprocess) -> Evaluation:
        seen.append(len(images))
        return evaluate(model, images, preprocess)

    monkeypatch.setattr(trial_run, "evaluate", spy)
    run = run_of(tmp_path, epochs=3)
    finished(run)

    assert seen == [500, 500, 500, 1000]


def test_test_images_have_no_part_in_training(record: Record, tmp_path: Path) -> None:
    """Other test images leave weights and validation as they were, bit for bit."""
    data = load("mnist-5k")
    other = finished(run_of(tmp_path, dataset=replace(data, test=data.test.take(slice(0, 300)), sha256="other")))

    assert other.checkpoint_sha256 == record.checkpoint_sha256
    assert other.curves["validation_loss"] == record.curves["validation_loss"]


def test_without_validation_images_there_is_no_validation(tmp_path: Path) -> None:
    """Null, not a value from the test set."""
    data = replace(load("mnist-5k"), validation=None)
    record = finished(run_of(tmp_path, dataset=data, epochs=1))

    assert record.validation_accuracy is None
    assert record.curves["validation_accuracy"] == record.curves["validation_loss"] == []


def test_a_record_is_made_of_finished_trials_only(tmp_path: Path) -> None:
    """An interrupted trial leaves none."""
    run = run_of(tmp_path)
    run.run_epoch()
    run.finish_epoch()

    with pytest.raises(ValueError, match="s/tiny/seed 4 has run 1 of 2 epochs"):
        run.record()


def test_a_target_is_reached_at_the_first_epoch_at_or_below_it(tmp_path: Path) -> None:
    """Also where a later one is higher again."""
    errors = finished(run_of(tmp_path, epochs=3)).curves["train_error"]
    record = finished(run_of(tmp_path, epochs=3, target=errors[1]))

    assert errors[0] > errors[1]
    assert record.epochs_to_target == 2


@pytest.mark.parametrize("target", [0.0, None])
def test_a_target_that_is_not_reached_is_censored(target: float | None, tmp_path: Path) -> None:
    """Null, not the last epoch; and null where the study has no target."""
    record = finished(run_of(tmp_path, target=target, epochs=1))

    assert record.epochs_to_target is None


def test_a_diverged_trial_leaves_a_record(tmp_path: Path) -> None:
    """It has an accuracy, which is 0 without predictions, and no number that is not finite."""
    record = finished(run_of(tmp_path, "lenet5", {"activation": "relu"}, optimizer="sgd", learning_rate=1e30))

    assert (record.status, record.test_accuracy, record.test_loss) == ("diverged", 0.0, None)
    assert from_json(record.to_json()).curves["train_loss"][-1] is None


def test_training_images_alone_may_be_normalised() -> None:
    """S3's TrashNet was tested on pixels in [0, 1]."""
    train, test = preprocesses(Recipe(normalise_test=False, resize=40), SOURCES["cifar10"], BASE)

    assert (train.mean, train.std) == (SOURCES["cifar10"].mean, SOURCES["cifar10"].std)
    assert (test.mean, test.std, test.resize) == ((0.0,) * 3, (1.0,) * 3, 40)


def test_a_recipes_normalisation_goes_before_the_data_sets() -> None:
    """A mean of 0 is a mean."""
    train, test = preprocesses(Recipe(mean=(0.0,), std=(1.0,)), SOURCES["mnist"], BASE)

    assert (train.mean, train.std) == (test.mean, test.std) == ((0.0,), (1.0,))


def test_a_trial_beside_others_says_so(tmp_path: Path) -> None:
    """Its pace is what it was beside them."""
    beside = run_of(tmp_path)
    beside.alone = False
    record = finished(beside)

    assert not record.alone
    assert record.train_images_per_second is not None


def test_each_epoch_is_told(tmp_path: Path) -> None:
    """With its number, loss, validation accuracy and pace."""
    run = run_of(tmp_path)

    epochs = list(run.epochs())

    assert [(epoch.number, epoch.epochs) for epoch in epochs] == [(1, 2), (2, 2)]
    assert [epoch.train_loss for epoch in epochs] == run.training.train_loss
    assert [epoch.validation_accuracy for epoch in epochs] == [one.accuracy for one in run.validations]
    assert all(epoch.images_per_second > 0 for epoch in epochs)


def test_a_test_curve_ends_at_the_trials_accuracy(tmp_path: Path) -> None:
    """A study that shows the curve has a test accuracy an epoch, and trains as it would without one."""
    plain, record = finished(run_of(tmp_path)), finished(run_of(tmp_path, test_curve=True))

    curve = record.curves["test_accuracy"]
    assert len(curve) == record.epochs
    assert curve[-1] == pytest.approx(record.test_accuracy)
    assert record.test_correct == plain.test_correct
    assert "test_accuracy" not in plain.curves


def test_images_sorted_by_class_are_trained_on_class_by_class(tmp_path: Path) -> None:
    """Without shuffling the first batch has one class alone, and the net is worse for it."""
    run = run_of(tmp_path, sort_by_class=True, shuffle=False)

    assert not run.training.train.labels[:16].any()
    assert finished(run).test_accuracy < finished(run_of(tmp_path)).test_accuracy
