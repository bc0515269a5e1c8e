"""Tests of export.exporter, export.publish and export.trial.loaded: a trial goes in whole or not at all."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from bench.harness.machine import turns
from bench.harness.records.parts import RecipeFacts
from bench.harness.records.record import Record
from export import exporter as exporting
from export import low_precision, publish
from export.exporter import Exporter
from export.gate.runtime import onnxruntime_run
from export.gate.temperature import fit_temperature
from export.graph.to_onnx import served, to_onnx
from export.repository.layout import CARD, GOLDEN, MODEL, check_sums, versions
from export.result import Outcome
from export.trial.loaded import Material, load, logits
from export.trial.selection import Choice
from export.verify import version_problems
from models import checkpoint
from tests.export.conftest import Exported
from tests.export.gate.test_parity import mean_left_out

NAME = "lenet5_mnist-5k"


def test_a_trial_becomes_a_version(repository: Path, choice: Choice) -> None:
    """With every file, and a card that says what the table said."""
    version = repository / NAME / "1"
    card = json.loads((version / CARD).read_text("utf-8"))

    check_sums(version)
    assert version_problems(repository / NAME, 1) == []
    assert card["test_accuracy"] == choice.record.test_accuracy
    low, high = card["test_accuracy_interval"]
    assert low < card["test_accuracy"] < high
    assert card["record_id"] == choice.record.record_id
    assert (card["ground"], card["fit"]) == ("black", "stretch")
    assert card["checkpoint_sha256"] == choice.record.checkpoint_sha256
    assert set(card["test_calibration_error"]) == {"before", "after"}
    assert "normalisation and resizing are inside the graph" in card["input"]
    assert len(card["parity"]) == 6
    assert (repository / NAME / "labels.txt").read_text("utf-8").split() == list("0123456789")


def test_the_graph_says_where_it_comes_from(repository: Path, choice: Choice) -> None:
    """A file that was separated from its card still does."""
    proto = onnx.load(repository / NAME / "1" / MODEL)
    metadata = {entry.key: entry.value for entry in proto.metadata_props}

    assert metadata["dataset"] == "mnist-5k"
    assert metadata["checkpoint_sha256"] == choice.record.checkpoint_sha256
    assert json.loads(metadata["labels"]) == list("0123456789")
    assert json.loads(metadata["versions"])["torch"]
    assert float(metadata["test_accuracy"]) == choice.record.test_accuracy
    assert len(metadata["commit"]) >= 7


def test_golden_images_get_their_golden_answers(repository: Path) -> None:
    """Which are the net's own in torch, not the file's."""
    version = repository / NAME / "1"
    golden, card = np.load(version / GOLDEN), json.loads((version / CARD).read_text("utf-8"))

    answers = onnxruntime_run(version / MODEL)(golden["image"])

    assert golden["image"].shape == (16, 1, 28, 28)
    np.testing.assert_allclose(answers.logits, golden["logits"], rtol=0, atol=card["tolerance"])
    np.testing.assert_allclose(golden["probabilities"].sum(axis=1), 1, rtol=1e-5)
    assert (golden["logits"].argmax(axis=1) == golden["label"]).mean() > 0.5


@pytest.mark.usefixtures("repository")
def test_an_unchanged_file_makes_no_new_version(exporter: Exporter, choice: Choice) -> None:
    """`make export` twice is as good as once."""
    outcome = exporter.export(choice)

    assert (outcome.status, outcome.version) == ("unchanged", 1)
    assert versions(exporter.repository / NAME) == [1]


def test_a_damaged_version_is_exported_again(repository: Path, exporter: Exporter, choice: Choice) -> None:
    """As the message of `--verify` says."""
    (repository / NAME / "1" / CARD).unlink()

    outcome = exporter.export(choice)

    assert (outcome.status, outcome.version) == ("published", 2)
    assert version_problems(repository / NAME, 2) == []


@pytest.mark.usefixtures("repository")
def test_an_existing_version_is_refused(exporter: Exporter, choice: Choice) -> None:
    """Asked for by its number; another number is free."""
    outcome = replace(exporter, version=1).export(choice)

    assert outcome.status == "refused"
    assert "1 exists, and versions are never overwritten" in outcome.problems[0]
    assert replace(exporter, version=3).export(choice).version == 3


@pytest.mark.usefixtures("repository")
def test_a_file_that_fails_the_gate_is_not_published_and_the_old_version_stays(
    exporter: Exporter, choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome names the fault."""
    before = (exporter.repository / NAME / "1" / MODEL).read_bytes()
    fastest = exporting.fastest_graph

    def faulty(material: Material) -> exporting.Graph:
        graph = fastest(material)
        mean_left_out(graph.proto)
        return graph

    monkeypatch.setattr(exporting, "fastest_graph", faulty)
    monkeypatch.setattr(exporting, "weights", lambda _: {})  # by its answers alone

    outcome = exporter.export(choice)

    assert (outcome.status, outcome.version) == ("refused", None)
    assert any("OpenVINO" in problem for problem in outcome.problems)
    assert [path.name for path in exporter.repository.iterdir()] == [NAME]
    assert versions(exporter.repository / NAME) == [1]
    assert (exporter.repository / NAME / "1" / MODEL).read_bytes() == before


def test_a_full_disk_leaves_nothing_behind(exporter: Exporter, choice: Choice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither half a version nor a temporary folder."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publish, "write_json", full)

    with pytest.raises(OSError, match="No space left"):
        exporter.export(choice)

    assert list(exporter.repository.iterdir()) == []


def refused(exporter: Exporter, choice: Choice, **changes: object) -> str:
    """Return why a changed trial was refused; nothing may have been published."""
    outcome: Outcome = exporter.export(replace(choice, record=replace(choice.record, **changes)))  # type: ignore[arg-type]  # fields of a record
    assert outcome.status == "refused"
    assert not versions(exporter.repository / choice.name)
    (problem,) = outcome.problems
    return problem


def test_a_missing_checkpoint_is_refused(exporter: Exporter, choice: Choice) -> None:
    """By name."""
    assert "gone.safetensors of train/lenet5, seed 0 is missing" in refused(
        exporter, choice, checkpoint="checkpoints/gone.safetensors"
    )


def test_another_checkpoint_than_the_records_is_refused(exporter: Exporter, choice: Choice) -> None:
    """Its accuracy is not the one in the table."""
    assert "not the checkpoint of its record" in refused(exporter, choice, checkpoint_sha256="0" * 64)


def test_other_data_than_the_records_are_refused(exporter: Exporter, choice: Choice) -> None:
    """The gate would compare answers on other images."""
    assert "is not what train/lenet5 was trained on" in refused(exporter, choice, data_sha256="0" * 64)


def test_weights_that_do_not_fit_their_card_are_refused(
    exporter: Exporter, choice: Choice, records: dict[str, Record], tmp_path: Path
) -> None:
    """The message names the leaf."""
    moved = tmp_path / "results"
    shutil.copytree(exporter.results, moved)
    mine, others = (moved / str(records[name].checkpoint) for name in ("lenet5", "sk"))
    content = others.read_bytes()
    header_end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:header_end])
    claimed = {"format": checkpoint.FORMAT, "architecture": "lenet5", "options": records["lenet5"].options}
    header["__metadata__"] = {"convbench": json.dumps(claimed)}
    encoded = json.dumps(header).encode()
    mine.write_bytes(len(encoded).to_bytes(8, "little") + encoded + content[header_end:])
    mine.with_suffix(".json").unlink()

    outcome = replace(exporter, results=moved).export(choice)

    assert outcome.status == "refused"
    assert "leaf 'features.0.weight' has shape" in outcome.problems[0]


@pytest.mark.parametrize(
    ("key", "value"), [("classes", list("0125436789")), ("mean", [0.14]), ("std", "x"), ("resize", 28), ("std", [0.0])]
)
def test_a_card_that_says_otherwise_than_the_record_is_refused(
    key: str, value: object, exporter: Exporter, choice: Choice, tmp_path: Path
) -> None:
    """Labels and preprocessing decide what a file answers; the sum covers the weights alone."""
    moved = tmp_path / "results"
    shutil.copytree(exporter.results, moved)
    path = (moved / str(choice.record.checkpoint)).with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), key: value}), "utf-8")

    outcome = replace(exporter, results=moved).export(choice)

    assert outcome.status == "refused"
    assert f"says {key} {value!r}, its record" in outcome.problems[0]


def test_a_recipe_with_its_own_mean_is_read_from_its_record(exporter: Exporter, choice: Choice, tmp_path: Path) -> None:
    """JSON has lists where a recipe has tuples."""
    recipe: RecipeFacts = {**choice.record.definition["recipe"], "mean": [0.2], "std": [0.4]}
    record = replace(choice.record, definition={**choice.record.definition, "recipe": recipe})
    moved = tmp_path / "results"
    shutil.copytree(exporter.results, moved)
    path = (moved / str(record.checkpoint)).with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "mean": [0.2], "std": [0.4]}), "utf-8")

    material = load(moved, record, None)

    assert (material.preprocess.mean, material.preprocess.std) == ((0.2,), (0.4,))
    assert to_onnx(served(material.model, material.preprocess), material.shape).graph.node


def test_a_defect_costs_one_model_only(exporter: Exporter, choice: Choice) -> None:
    """A record with wrong values inside is refused with the error's type; nothing is thrown."""
    outcome = exporter.export(replace(choice, record=replace(choice.record, definition={})))

    assert outcome.problems == ("KeyError: 'recipe'",)


def test_a_defect_of_a_variant_leaves_float32_published(
    exporter: Exporter, choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row says why it is missing."""

    def broken(*_: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(low_precision, "int8", broken)

    outcome = replace(exporter, variants=True).export(choice)

    assert (outcome.status, outcome.variants[0].status) == ("published", "refused")
    assert outcome.variants[0].reason == "RuntimeError: no such operator"


def test_the_temperature_is_fitted_on_validation_images(exported: Callable[[str], Exported]) -> None:
    """Not on the test images, on which its error is told."""
    material = exported("lenet5").material
    validation = material.split.validation
    assert validation is not None
    on_validation, on_test = (
        fit_temperature(logits(material.model, material.preprocess, images.images.numpy()), images.labels.numpy())
        for images in (validation, material.split.test)
    )

    assert material.temperature == on_validation
    assert abs(on_validation - on_test) > 1e-4


@pytest.mark.parametrize("key", ["classes", "mean", "resize"])
def test_a_card_that_lacks_something_is_refused(exporter: Exporter, choice: Choice, key: str, tmp_path: Path) -> None:
    """By the key that is missing."""
    moved = tmp_path / "results"
    shutil.copytree(exporter.results, moved)
    path = (moved / str(choice.record.checkpoint)).with_suffix(".json")
    card = json.loads(path.read_text("utf-8"))
    del card[key]
    path.write_text(json.dumps(card), "utf-8")

    outcome = replace(exporter, results=moved).export(choice)

    assert outcome.status == "refused"
    assert f"lacks ['{key}']" in outcome.problems[0]


def test_lrn_ships_in_its_fastest_form(exported: Callable[[str], Exported], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever the clock says; the others' times are kept."""
    times = {"banded": {1: [3.0], 32: [3.0]}, "decomposed": {1: [1.0], 32: [2.0]}, "operator": {1: [2.0], 32: [2.0]}}
    monkeypatch.setattr(turns, "measure", lambda *_: times)

    graph = exporting.fastest_graph(exported("alexnet32").material)

    assert graph.lrn_form == "decomposed"
    assert graph.lrn_milliseconds["banded"] == {1: 3.0, 32: 3.0}
    assert "LRN" not in {node.op_type for node in graph.proto.graph.node}
