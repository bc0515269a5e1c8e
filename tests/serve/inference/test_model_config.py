"""Tests of serve.inference.model_config: every configuration that the exporter writes is read as Triton reads it."""

import re

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from export.repository.config import config_text
from export.repository.layout import RepositoryError
from serve.inference.model_config import model_config, parse

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


def test_all_forms_of_the_text_format_are_read() -> None:
    """Comments, colons before braces, lists, both quotes, escapes, separators."""
    text = """
    # a comment
    name: 'a"b\\n' ; max_batch_size: 4,
    input: [ { name: "image" dims: [ 1, 2 ] dims: 3 } ]  # another
    parameters { key: "x" value { string_value: "1.5" } }
    """

    message = parse(text)

    assert message["name"] == ['a"b\n']
    assert message["max_batch_size"] == [4]
    assert message["input"] == [{"name": ["image"], "dims": [1, 2, 3]}]
    assert message["parameters"] == [{"key": ["x"], "value": [{"string_value": ["1.5"]}]}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour: 'red'", "unknown field 'colour'"),
        ("input { color: 1 }", "unknown field 'input.color'"),
        ("name", "'name' has no value"),
        ("name: }", "'name' has no value"),
        ("input: 7", "expected '{', found '7'"),
        ("input { name: 'x'", "expected '}', found 'the end'"),
        ("input [ { name: 'x' }", "expected ']', found 'the end'"),
        ("}", "unexpected '}'"),
        ("name: 'x", "cannot read"),
        ("name: \x01", "cannot read"),
        ("name: " + "[" * 500, "expected"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, message: str) -> None:
    """With the file."""
    with pytest.raises(RepositoryError, match=r"config\.pbtxt: ") as caught:
        parse(text)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name: "net"', 'name: "other"', "its name is 'other', its folder's 'net'"),
        ('name: "net"', "", "'name' must be given once"),
        ('name: "image"', 'name: "pixels"', "one input, named 'image'"),
        ("TYPE_UINT8", "TYPE_FP32", "one input, named 'image'"),
        ('name: "logits"', 'name: "scores"', "its outputs are ['scores', 'probabilities']"),
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
