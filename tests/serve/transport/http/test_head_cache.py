"""Tests of `head_cache`: a head that was read before is not read again, and nothing else is taken for one."""

import json
import socket

import numpy as np
import pytest

from serve.api.url import target
from serve.transport.http.head_cache import BYTES, KNOWN, Head, Heads
from tests.serve.conftest import Running, expected
from tests.serve.transport.http.test_connection import INFER, RAW, raw, send, statuses


def logits(answer: bytes) -> np.ndarray:
    """Return the logits of a raw answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"inference-header-content-length: ")[2].split(b"\r\n")[0])
    assert json.loads(body[:length])["outputs"][0]["name"] == "logits"
    return np.frombuffer(body[length : length + 12], np.float32)


def test_a_head_is_read_once_and_every_body_answered(running: Running, images: np.ndarray) -> None:
    """On one connection and on others, each with its own body."""
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", running.port), timeout=5) as client:
            for image in images:
                client.sendall(raw(image.tobytes(), RAW))
                np.testing.assert_allclose(logits(client.recv(65536)), expected(image[None])[0], rtol=1e-5)

    assert len(running.server.clients.heads._known) == 1  # noqa: SLF001 - what this is about


def test_a_known_head_in_pieces_or_in_a_row_is_read_as_ever(running: Running, images: np.ndarray) -> None:
    """A request that comes in two parts, two requests at once, one that ends in the middle of the next."""
    whole = raw(images[0].tobytes(), RAW)
    assert statuses(send(running.port, whole)) == [200]

    for parts in ((whole[:30], whole[30:]), (whole[:-3], whole[-3:]), (whole + whole[:40], whole[40:])):
        assert set(statuses(send(running.port, *parts, pause=0.05))) == {200}
    assert statuses(send(running.port, whole + whole)) == [200, 200]
    assert len(running.server.clients.heads._known) == 1  # noqa: SLF001 - no piece was taken for a head


def test_a_known_head_with_another_body_is_read_as_ever(running: Running, images: np.ndarray) -> None:
    """Bytes behind the length that was told are another request, and no good one."""
    whole = raw(images[0].tobytes(), RAW)
    send(running.port, whole)

    assert statuses(send(running.port, whole + b"more")) == [200, 400]


def test_heads_that_say_more_are_not_kept(running: Running, images: np.ndarray) -> None:
    """Whose body comes in chunks, or that want an answer before it."""
    body = images[0].tobytes()
    chunked = b"POST " + INFER + b" HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n" + RAW + b"\r\n\r\n"
    for request in (
        chunked + b"10\r\n" + body + b"\r\n0\r\n\r\n",
        raw(body, RAW, b"expect: 100-continue"),
        raw(body, RAW, b"x-long: " + b"x" * BYTES),
        b"GET /v2 HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
    ):
        assert statuses(send(running.port, request))[-1] == 200

    assert running.server.clients.heads._known == {}  # noqa: SLF001 - what this is about


def test_the_last_word_of_a_client_ends_its_connection_every_time(running: Running, images: np.ndarray) -> None:
    """`connection: close` is part of the head."""
    for _ in range(3):
        answer = send(running.port, raw(images[0].tobytes(), RAW, b"connection: close"))
        assert statuses(answer) == [200]
        assert b"connection: close" in answer


@pytest.mark.parametrize("count", [KNOWN, KNOWN + 1])
def test_only_so_many_heads_are_kept(count: int) -> None:
    """However many a client invents."""
    heads = Heads()

    for place in range(count):
        head = Head("GET", target(b"/v2"), {}, 0, "")
        heads.learn(b"GET /v2 HTTP/1.1\r\nx-request-id: %d\r\n\r\n" % place, head)

    assert len(heads._known) == (KNOWN if count == KNOWN else 1)  # noqa: SLF001 - what this is about
