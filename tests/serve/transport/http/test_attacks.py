"""Attempts of clients that no good client makes: memory, slots and tokens stay the server's."""

import gc
import http.client
import json
import socket
import time
import weakref

import numpy as np
import pytest

from serve.security.access import Access
from serve.transport.http.clients import Limits
from serve.website.files import FILES, _read, page_file
from tests.serve.conftest import ADMIN, PutModel, Running, Start, request
from tests.serve.fakes import soon
from tests.serve.transport.http.test_connection import INFER, raw, send, statuses


def wait_for(running: Running, connections: int) -> bool:
    """Return whether a server has so many connections soon."""
    for _ in range(200):
        if len(running.server.clients.connections) == connections:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("piece", [1000, 300_000])
def test_a_header_without_an_end_is_refused(piece: int, running: Running) -> None:
    """Before the parser has collected more than the limit."""
    pieces = [b"a" * piece] * (300_000 // piece)

    answer = send(running.port, b"GET /v2 HTTP/1.1\r\nhost: a\r\nx: ", *pieces[:60])

    assert statuses(answer) == [431]


def test_a_trailer_without_an_end_is_refused(running: Running) -> None:
    """A trailer behind the chunks is bounded as the headers before them are."""
    head = b"POST " + INFER + b" HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"

    answer = send(running.port, head, b"1\r\na\r\n0\r\nx: ", *[b"a" * 10_000] * 10)

    assert statuses(answer) == [431]


def test_many_small_chunks_are_a_body(running: Running, images: np.ndarray) -> None:
    """However small: what they cost on the wire is allowed for."""
    body = json.dumps(request(images)).encode()
    head = b"POST " + INFER + b" HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"

    answer = send(running.port, head, *[b"1\r\n%c\r\n" % byte for byte in body], b"0\r\n\r\n")

    assert statuses(answer) == [200]


def test_a_trailer_is_no_header(put_model: PutModel, start: Start) -> None:
    """A token behind the body is none."""
    put_model()
    running = start(access=Access(["right"]))
    head = b"GET /v2 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer %s\r\ntransfer-encoding: chunked\r\n\r\n"
    trailer = b"0\r\nauthorization: Bearer right\r\n\r\n"

    assert statuses(send(running.port, head % b"wrong" + trailer)) == [401]
    assert statuses(send(running.port, head % b"right" + trailer)) == [200]


def test_an_upload_that_breaks_off_leaves_nothing(running: Running) -> None:
    """Also without the collector: parser and connection know each other."""
    gc.collect()
    gc.disable()
    try:
        with socket.create_connection(("127.0.0.1", running.port), timeout=5) as client:
            client.sendall(b"POST " + INFER + b" HTTP/1.1\r\nhost: a\r\ncontent-length: 5000\r\n\r\n" + b"x" * 4000)
            assert wait_for(running, 1)
            (left,) = map(weakref.ref, running.server.clients.connections)
        assert wait_for(running, 0)
        time.sleep(0.05)
        assert left() is None
    finally:
        gc.enable()


def test_paths_that_are_asked_for_are_not_kept() -> None:
    """Only the page's files are."""
    for place in range(1000):
        assert page_file(f"{place}") is None

    assert _read.cache_info().currsize <= len(FILES)


def test_a_client_that_never_reads_its_last_answer_is_put_out(put_model: PutModel, start: Start) -> None:
    """Its place is for others."""
    put_model()
    running = start(limits=Limits(idle=0.3, body=0.3, close=0.3, linger=0.02))
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(("127.0.0.1", running.port))
    try:
        for _ in range(15):
            client.sendall(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n")
        assert wait_for(running, 1)
        assert wait_for(running, 0)
    finally:
        client.close()


@pytest.mark.parametrize("size", [700_000, 5_000_000])
def test_who_sends_too_much_can_read_why(size: int, running: Running) -> None:
    """The connection is not reset while the client still sends."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)

    connection.request("POST", INFER.decode(), b"x" * size)
    answer = connection.getresponse()

    assert answer.status == 413
    assert f"the body has {size} bytes" in json.loads(answer.read())["error"]
    connection.close()


def test_a_token_is_asked_for_before_the_body(put_model: PutModel, start: Start) -> None:
    """And before anything is said of models."""
    put_model()
    running = start(access=Access(["right"]))
    head = b"POST %s HTTP/1.1\r\nhost: a\r\ncontent-length: 99999\r\n\r\n"

    for path in (INFER, b"/v2/models/nobody/infer", b"/v2/models/net/classify"):
        answer = send(running.port, head % path)
        assert statuses(answer) == [401]
        assert b"net" not in answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "change",
    [
        {"id": [[[[]]]]},
        {"id": "x", "parameters": {"timeout": [[]]}},
        {"inputs": [{"name": [[]], "shape": [1], "datatype": "UINT8", "data": []}]},
        {"inputs": [{"name": "image", "shape": [[[]]], "datatype": "UINT8", "data": []}]},
    ],
)
def test_what_is_nested_where_it_should_not_be_is_refused(change: dict[str, object], running: Running) -> None:
    """A thousand deep as well: it is not written into the message."""
    text = json.dumps({"inputs": [], **change}).replace("[[", "[" * 500).replace("]]", "]" * 500)

    status, answer, _ = running.ask("POST", INFER.decode(), text.encode())

    assert status == 400
    assert len(answer["error"]) < 300


def test_shared_memory_is_refused(running: Running, images: np.ndarray) -> None:
    """An answer that is not there would be read."""
    parameters = {"shared_memory_region": "mine", "shared_memory_byte_size": 12}
    asked = request(images)
    tensor = {key: value for key, value in asked["inputs"][0].items() if key != "data"}

    for wrong in (
        {**asked, "outputs": [{"name": "logits", "parameters": parameters}]},
        {"inputs": [{**tensor, "parameters": parameters}]},
    ):
        status, answer = running.infer(wrong)
        assert status == 400
        assert "shared memory is not offered" in answer["error"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", f"/v2/models/net/versions/{'9' * 5000}", b"", 404),
        ("GET", "http://anywhere/v2/models/net", b"", 200),
        ("POST", "/v2/repository/models/net/load", b'{"parameters": {"config": "{}"}}', 400),
        ("POST", "/v2/repository/models/net/load", b"{", 400),
        ("TRACE", "/v2/health/ready", b"", 405),
    ],
)
def test_odd_requests_have_answers(method: str, path: str, body: bytes, status: int, running: Running) -> None:
    """None is a 500."""
    assert running.ask(method, path, body, {"Authorization": f"Bearer {ADMIN}"})[0] == status


def test_a_request_id_comes_back(running: Running, images: np.ndarray) -> None:
    """So that a client's log and the server's can be laid side by side."""
    whole = raw(images[0].tobytes(), b"inference-header-content-length: 0", b"x-request-id: seven")

    for _ in range(2):
        assert b"x-request-id: seven" in send(running.port, whole)


def test_a_client_that_only_asks_is_answered_as_far_as_it_reads(running: Running) -> None:
    """A packet of hundreds of requests must not become hundreds of answers in memory; all are answered in the end."""
    count = 500
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", running.port))
        client.settimeout(5)
        client.sendall(b"GET /page.js HTTP/1.1\r\nhost:\r\n\r\n" * count)
        soon(lambda: running.server.statistics.replies[200] > 0)
        time.sleep(0.2)
        unread = running.server.statistics.replies[200]
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < count:
            received += client.recv(1 << 20)

    assert unread < count / 2
    assert running.server.statistics.replies[200] == count
