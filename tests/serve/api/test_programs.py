"""Tests of requests as other programs write them: null for nothing, a byte order mark, compressed bodies."""

import gzip
import json
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from tests.serve.api.test_infer_request import INFER, LENGTH
from tests.serve.conftest import Running, request


def bare(content: bytes) -> bytes:
    """Return it as some clients send deflate: without zlib's frame."""
    return zlib.compress(content, wbits=-zlib.MAX_WBITS)


def test_kserves_client_is_answered(running: Running, images: np.ndarray) -> None:
    """It repeats the model's name, and says null for what it does not say."""
    asked = request(images, id=None, parameters=None, outputs=None, model_name="net", model_version=None)
    asked["inputs"][0]["parameters"] = None

    assert running.infer(asked)[0] == 200


def test_null_is_not_there(running: Running, images: np.ndarray) -> None:
    """Also beside its outputs, and among their parameters."""
    asked = request(images, outputs=[{"name": "logits", "parameters": {"classification": None, "binary_data": None}}])

    assert running.infer(asked)[0] == 200


def test_a_byte_order_mark_is_passed_over(running: Running, images: np.ndarray) -> None:
    """Some programs begin every text with one."""
    assert running.ask("POST", INFER, b"\xef\xbb\xbf" + json.dumps(request(images)).encode())[0] == 200


def in_two(content: bytes) -> bytes:
    """Return two files of gzip, one after the other, which is one (RFC 1952)."""
    return gzip.compress(content[:7]) + gzip.compress(content[7:])


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("gzip", in_two),
        ("deflate", zlib.compress),
        ("deflate", bare),
        ("identity", bytes),
    ],
)
def test_a_compressed_body_is_expanded(
    running: Running, images: np.ndarray, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    """JSON, and bytes behind it."""
    text = json.dumps(request(images)).encode()
    raw = images[0].tobytes()

    assert running.ask("POST", INFER, compress(text), {"Content-Encoding": encoding})[0] == 200
    assert running.ask("POST", INFER, compress(raw), {"Content-Encoding": encoding, LENGTH: "0"})[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"x" * 16,
        gzip.compress(b"x" * 16, mtime=0)[:-4],
        gzip.compress(b"x" * 16, mtime=0) + b"x",
        gzip.compress(b"x", mtime=0) * 17,
    ],
)
def test_a_body_that_is_not_compressed_as_it_says_is_refused(running: Running, body: bytes) -> None:
    """Or is cut short, or has something behind it."""
    status, answer, _ = running.ask("POST", INFER, body, {"Content-Encoding": "gzip"})

    assert (status, answer["error"]) == (
        400,
        "the body is not gzip, as its content-encoding says, or it is cut short",
    )


def test_a_compressed_body_is_bounded_when_it_is_expanded(running: Running) -> None:
    """A megabyte of it could become a gigabyte."""
    bomb = gzip.compress(b" " * 2_000_000)

    status, answer, _ = running.ask("POST", INFER, bomb, {"Content-Encoding": "gzip"})

    assert status == 413
    assert "expands to more than" in answer["error"]
