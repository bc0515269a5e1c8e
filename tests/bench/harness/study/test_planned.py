"""Tests of bench.harness.study.planned."""

from dataclasses import replace
from typing import Any

import pytest

from bench.harness.data.catalogue import source
from bench.harness.machine.device import Execution
from bench.harness.records.record import from_json
from bench.harness.study.discovery import load_studies
from bench.harness.study.planned import records_alike, settle
from bench.harness.study.trial import resolve
from tests.bench.conftest import MakeRecord

STUDY, ARM, DATA = load_studies("activation")[0], "lenet5-relu", "d" * 64
TRIAL = resolve(STUDY, "quick", ARM, 0, source("mnist-5k"), own_data=True)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 1),
        ({"seed": 7}, 1),
        ({"definition": {**TRIAL.definition(), "code": "older"}}, 1),
        ({"definition": {**TRIAL.definition(), "dataset": "mnist"}}, 0),
        ({"definition": {**TRIAL.definition(), "recipe": TRIAL.recipe.but({"epochs": 90}).as_dict()}}, 0),
        ({"definition": {**TRIAL.definition(), "options": {**TRIAL.options, "image_size": 224}}}, 0),
        ({"data_sha256": "e" * 64}, 0),
        ({"device": "cuda"}, 0),
        ({"arm": "lenet5-tanh"}, 0),
    ],
)
def test_a_record_is_alike_whatever_its_seed_and_code(
    changes: dict[str, Any], count: int, make_record: MakeRecord
) -> None:
    """Not where data, device or any choice differ: its time and memory say nothing of the trial's."""
    planned = settle(TRIAL, Execution("cpu", threads=1), DATA)
    record = make_record(ARM, study=STUDY.name, data_sha256=DATA, definition=TRIAL.definition())
    read_back = from_json(replace(record, **changes).to_json())

    assert len(records_alike(planned, DATA, [read_back])) == count
