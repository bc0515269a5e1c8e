"""Tests of export.trial.loaded: the card of a checkpoint is believed only where its values are of the right kind."""

import copy
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from export.exporter import Exporter
from export.trial.loaded import MaterialError, load
from export.trial.selection import Choice


def results_with(exporter: Exporter, choice: Choice, folder: Path, **changes: object) -> Path:
    """Return a copy of the results, in which fields of the checkpoint's card were changed."""
    copied = folder / "results"
    shutil.copytree(exporter.results, copied)
    path = (copied / str(choice.record.checkpoint)).with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")
    return copied


def test_a_fit_that_there_is_not_is_named(exporter: Exporter, choice: Choice, tmp_path: Path) -> None:
    """Later pictures would be brought to size in a way that the net has not seen."""
    results = results_with(exporter, choice, tmp_path, fit="squeeze")

    with pytest.raises(MaterialError, match=r"card of .*\.safetensors: fit is 'squeeze'"):
        load(results, choice.record, exporter.data_root)


@pytest.mark.parametrize(("field", "value"), [("image_size", "28"), ("channels", 1.5)])
def test_a_value_of_another_kind_is_named(
    field: str, value: object, exporter: Exporter, choice: Choice, tmp_path: Path
) -> None:
    """Fields that the record does not repeat are held against their types."""
    results = results_with(exporter, choice, tmp_path, **{field: value})

    with pytest.raises(MaterialError, match=rf"card of .*\.safetensors: {field} is {value!r}: expected `int`"):
        load(results, choice.record, exporter.data_root)


def test_a_wrong_card_refuses_one_model_only(exporter: Exporter, choice: Choice, tmp_path: Path) -> None:
    """The export's table has the sentence, and nothing was published."""
    results = results_with(exporter, choice, tmp_path, channels="1")

    outcome = replace(exporter, results=results).export(choice)

    assert outcome.status == "refused"
    assert "channels is '1': expected `int`" in outcome.problems[0]


def test_a_net_without_validation_images_is_refused_with_the_reason(exporter: Exporter, choice: Choice) -> None:
    """It says on how many images it trained, and the way to train one that can be exported."""
    material = load(exporter.results, choice.record, exporter.data_root)
    record = copy.deepcopy(choice.record)
    record.definition["recipe"]["train_images"] = 60_000
    blind = replace(material, record=record, split=material.split._replace(validation=None))

    with pytest.raises(MaterialError, match="trained on 60000 images of mnist-5k, and too few were left to val"):
        _ = blind.validation
