"""Tests of export.repository.text_format: protobuf's text form, and what is wrong with a text that is none."""

import pytest

from export.repository.layout import RepositoryError
from export.repository.text_format import parse


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
        ("name", "'name' has no value"),
        ("name: }", "'name' has no value"),
        ("7: 'x'", "'7' is no field's name"),
        ("input { name: 'x'", "expected '}', found 'the end'"),
        ("input [ { name: 'x' }", "expected ']', found 'the end'"),
        ("}", "unexpected '}'"),
        ("name: 'x", "cannot read"),
        ("name: \x01", "cannot read"),
        ("name: " + "[" * 500, "nested more than 20 deep"),
        ("x { " * 500, "nested more than 20 deep"),
        ("#" * 18 + "\n@ name: 'x'", "cannot read \"@ name: 'x'\""),  # a banner once took twice as long a letter
        ("# one\n# two\n  /* three */", "cannot read '/* three */'"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, message: str) -> None:
    """With the file."""
    with pytest.raises(RepositoryError, match=r"config\.pbtxt: ") as caught:
        parse(text)

    assert message in str(caught.value)
