"""Tests of export.repository.config and export.repository.triton: Triton's own parser reads what is written."""

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from export.repository.config import MAX_BATCH, config_text, labels_text
from export.repository.triton import config_problems

CARD = {"shape": [3, 32, 32], "classes": ["cat", "dog"]}


@pytest.mark.parametrize(("device", "kind"), [("cpu", "KIND_CPU"), ("cuda", "KIND_GPU")])
def test_triton_reads_the_configuration(device: str, kind: str) -> None:
    """Parsed into its own ModelConfig, with the values that were meant."""
    config = text_format.Parse(config_text("net", (3, 32, 32), 2, device=device), model_config_pb2.ModelConfig())

    assert (config.name, config.backend, config.max_batch_size) == ("net", "onnxruntime", MAX_BATCH)
    assert (config.input[0].name, list(config.input[0].dims)) == ("image", [3, 32, 32])
    assert config.input[0].data_type == model_config_pb2.TYPE_UINT8
    assert [(output.name, list(output.dims), output.label_filename) for output in config.output] == [
        ("logits", [2], "labels.txt"),
        ("probabilities", [2], "labels.txt"),
    ]
    assert config.instance_group[0].Kind.Name(config.instance_group[0].kind) == kind
    assert config.dynamic_batching.default_queue_policy.max_queue_size > 0
    assert config.parameters["intra_op_thread_count"].string_value == "1"
    assert config.model_warmup[0].inputs["image"].zero_data


def test_a_right_configuration_has_no_problem() -> None:
    """The configuration of the card's model is accepted."""
    assert config_problems(config_text("net", (3, 32, 32), 2), "net", CARD) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name: "net"', 'name: "other"', "its name is other, not net"),
        ("dims: [ 3, 32, 32 ] }", "dims: [ 1, 32, 32 ] }", "its inputs"),
        ('"probabilities"', '"scores"', "its outputs"),
        ("backend", "backends", "config.pbtxt is not Triton's"),
        ("KIND_CPU", "KIND_TPU", "config.pbtxt is not Triton's"),
    ],
)
def test_a_wrong_configuration_is_named(old: str, new: str, message: str) -> None:
    """An unknown field too: Triton would refuse to load."""
    text = config_text("net", (3, 32, 32), 2)
    assert old in text

    (problem,) = config_problems(text.replace(old, new), "net", CARD)

    assert message in problem


def test_labels_are_a_line_each() -> None:
    """In the order of the logits."""
    assert labels_text(["cat", "hot dog"]) == "cat\nhot dog\n"


@pytest.mark.parametrize("name", ["", "a\nb", "a\u2028b"])
def test_a_label_that_is_no_line_is_refused(name: str) -> None:
    """It would shift all that follow."""
    with pytest.raises(ValueError, match=r"cannot be a line of labels\.txt"):
        labels_text(["cat", name])
