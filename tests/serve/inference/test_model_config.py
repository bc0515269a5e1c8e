"""Tests of serve.inference.model_config: every configuration that the exporter writes is read as Triton reads it."""

import re

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from export.repository.config import config_text
from export.repository.layout import RepositoryError
from serve.inference.model_config import NOT_GONE_BY, model_config

TEXT = config_text("net", (3, 32, 32), 10)


def test_the_exporters_configuration_is_read() -> None:
    """With every value that the server acts on."""
    parsed = model_config(TEXT, "net")

    assert (parsed.name, parsed.max_batch, parsed.dims, parsed.versions) == ("net", 64, (3, 32, 32), 1)
    assert parsed.outputs == {"logits": 10, "probabilities": 10}
    assert (parsed.timeout, parsed.timeout_override, parsed.queue) == (2.0, True, 256)


def test_it_is_what_triton_reads() -> None:
    """Field by field, with Triton's own parser."""
    config = text_format.Parse(TEXT, model_config_pb2.ModelConfig())
    parsed = model_config(TEXT, "net")

    policy = config.dynamic_batching.default_queue_policy
    assert parsed.max_batch == config.max_batch_size
    assert parsed.dims == tuple(config.input[0].dims)
    assert parsed.queue == policy.max_queue_size
    assert parsed.timeout == policy.default_timeout_microseconds / 1e6
    assert parsed.versions == config.version_policy.latest.num_versions


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name: "net"', 'name: "other"', "its name is 'other', its folder's 'net'"),
        ('name: "net"', "", "'name' must be given once"),
        ('name: "image"', 'name: "pixels"', "one input, named 'image'"),
        ("TYPE_UINT8", "TYPE_FP32", "one input, named 'image'"),
        ('name: "logits"', 'name: "scores"', "not logits and probabilities, a row of classes each"),
        ("dims: [ 10 ]", "dims: [ 2, 5 ]", "not logits and probabilities, a row of classes each"),
        ("max_batch_size: 64", "max_batch_size: 99999999999", "max_batch_size is 99999999999: this server takes whole"),
        ("max_batch_size: 64", "max_batch_size: 0", "whole numbers from 1 to 4096"),
        ("max_batch_size: 64", "max_batch_size: 'many'", "'max_batch_size' must be given once, as a whole number"),
        (
            "max_batch_size: 64",
            "max_batch_size: 1 max_batch_size: 2",
            "must be given once, as a whole number; it is 1, 2",
        ),
        ("max_batch_size: 64", "max_batch_size { x: 1 }", "'max_batch_size' must be a value"),
        ("max_batch_size: 64", "colour: 'red'", "unknown field 'colour'"),
        ("dims: [ 3, 32, 32 ]", "dims: [ 3, 0, 32 ]", "dims is 0"),
        ("dims: [ 3, 32, 32 ]", "color: 1", "unknown field 'input.color'"),
        ("num_versions: 1", "num_versions: -1", "num_versions is -1"),
        ("max_queue_size: 256", "max_queue_size: 0", "max_queue_size is 0"),
        ("max_queue_size: 256", "max_queue_size: 1.5", "'max_queue_size' must be given once, as a whole number"),
        ("default_timeout_microseconds: 2000000", "default_timeout_microseconds: 0", "is 0: this server takes"),
        ("allow_timeout_override: true", "allow_timeout_override: 1", "as true or false; it is 1"),
        ("dynamic_batching {", "dynamic_batching: 1 x {", "'dynamic_batching' must be in braces"),
    ],
)
def test_what_cannot_be_served_is_named(old: str, new: str, message: str) -> None:
    """Before the first request."""
    assert old in TEXT
    with pytest.raises(RepositoryError) as caught:
        model_config(TEXT.replace(old, new, 1), "net")

    assert message in str(caught.value)


WEIGHT = 'parameters {{ key: "weight" value {{ string_value: "{}" }} }}'


def test_a_model_has_a_weight() -> None:
    """Its share of the compute time beside others', 1 where nothing is said."""
    assert model_config(TEXT, "net").weight == 1
    assert model_config(TEXT + WEIGHT.format("2.5"), "net").weight == 2.5


@pytest.mark.parametrize("weight", ["0", "-1", "inf", "nan", "much", ""])
def test_a_weight_that_is_none_is_refused(weight: str) -> None:
    """By its value."""
    with pytest.raises(RepositoryError, match=re.escape(f"the weight is {weight!r}: give a number above 0")):
        model_config(TEXT + WEIGHT.format(weight), "net")


@pytest.mark.parametrize("field", NOT_GONE_BY)
def test_a_field_that_nothing_goes_by_is_named_in_a_warning(field: str) -> None:
    """With what is done instead; the model is served."""
    outer, _, inner = field.rpartition(".")
    line = f"{inner}: 1" if not outer else f"{outer} {{ {inner}: 1 }}"

    parsed = model_config(f"{TEXT}\n{line}", "net")

    assert parsed.warnings == (f"config.pbtxt: {field} is not gone by: {NOT_GONE_BY[field]}",)


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("REJECT", "DELAY", "timeout_action is REJECT here"),
        ("count: 1", "count: 3", "instance_group asks for 3: --workers says how many batches run"),
        ('value: { string_value: "1" }', 'value: { string_value: "4" }', "intra_op_thread_count = '4' is not gone by"),
        ('key: "intra_op_thread_count"', 'key: "speed"', "the parameter speed = '1' is not gone by"),
    ],
)
def test_a_value_that_nothing_goes_by_is_named_in_a_warning(old: str, new: str, warning: str) -> None:
    """As a field is."""
    assert old in TEXT
    (told,) = model_config(TEXT.replace(old, new, 1), "net").warnings

    assert warning in told


def test_what_is_exported_needs_no_warning() -> None:
    """It is gone by as it stands."""
    assert model_config(TEXT, "net").warnings == ()
