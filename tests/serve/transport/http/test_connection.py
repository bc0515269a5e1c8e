"""Tests of `connection` and `server`: limits on connections, HTTP as it should not be, and the way to stop."""

import contextlib
import http.client
import json
import re
import socket
import time
from email.utils import parsedate_to_datetime

import numpy as np
import pytest

from serve.api.url import target
from serve.transport.http.clients import RESERVE, Limits
from tests.serve.conftest import PutModel, Running, Start, request
from tests.serve.fakes import soon

INFER = b"/v2/models/net/infer"
RAW = b"inference-header-content-length: 0"
PLAIN = b"GET /v2 HTTP/1.1\r\nhost: x\r\n\r\n"


def send(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Return all that a server answers until it closes, or for a second."""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
        for part in parts:
            client.sendall(part)
            time.sleep(pause)
        received = b""
        try:
            while chunk := client.recv(65536):
                received += chunk
        except TimeoutError:
            pass
        return received


def raw(body: bytes, *headers: bytes, path: bytes = INFER) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [b"POST " + path + b" HTTP/1.1", b"host: x", b"content-length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def statuses(answer: bytes) -> list[int]:
    """Return the statuses of the answers in a stream."""
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def test_a_connection_is_kept(running: Running) -> None:
    """Two requests, one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
    for _ in range(2):
        connection.request("GET", "/v2")
        assert json.loads(connection.getresponse().read())["name"] == "convbench"
    assert len(running.server.clients.connections) == 1
    connection.close()


def test_pipelined_requests_are_answered_in_order(running: Running, images: np.ndarray) -> None:
    """A quick one behind a slow one waits for its turn."""
    slow = raw(json.dumps(request(images, id="slow")).encode())
    quick = b"GET /v2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"

    answer = send(running.port, slow + quick)

    assert statuses(answer) == [200, 200]
    assert answer.index(b"slow") < answer.index(b"extensions")


def test_a_request_in_pieces_is_read(running: Running, images: np.ndarray) -> None:
    """However it was cut."""
    whole = raw(json.dumps(request(images)).encode(), b"connection: close")

    answer = send(running.port, *(whole[place : place + 97] for place in range(0, len(whole), 97)), pause=0.001)

    assert statuses(answer) == [200]


def test_a_chunked_body_is_read(running: Running, images: np.ndarray) -> None:
    """Its length is counted as it comes."""
    body = json.dumps(request(images)).encode()
    head = b"POST " + INFER + b" HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"

    answer = send(running.port, head, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

    assert statuses(answer) == [200]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET /v2 HTTP/9.9\r\n\r\n", 400),
        (b"POST /v2 HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", 400),
        (b"POST /v2 HTTP/1.1\r\ncontent-length: -1\r\n\r\n", 400),
        (b"POST /v2 HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n", 413),
        (b"GET /v2 HTTP/1.1\r\n\r\n", 400),
        (b"GET /v2 HTTP/1.1\r\n" + b"x: " + b"y" * 20_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"y" * 20_000 + b" HTTP/1.1\r\n\r\n", 431),
    ],
    ids=["words", "tls", "version", "both", "negative", "large", "nohost", "header", "url"],
)
def test_what_is_no_request_is_refused_and_closed(content: bytes, status: int, running: Running) -> None:
    """With a reason as JSON, and the server goes on."""
    answer = send(running.port, content)

    assert statuses(answer) == [status]
    assert b'{"error":' in answer
    assert running.ask("GET", "/v2")[0] == 200


def test_answers_are_dated(running: Running) -> None:
    """As HTTP wants it of who has a clock."""
    answer = send(running.port, PLAIN)
    date = answer.split(b"date: ")[1].split(b"\r\n")[0].decode()

    assert abs(parsedate_to_datetime(date).timestamp() - time.time()) < 5


def test_many_pipelined_requests_are_answered(running: Running, images: np.ndarray) -> None:
    """Beyond sixteen they wait to be read, small ones and ones with a body."""
    assert statuses(send(running.port, PLAIN * 500)) == [200] * 500
    assert statuses(send(running.port, *[raw(images[0].tobytes(), RAW)] * 100)) == [200] * 100


def test_a_body_beyond_the_models_largest_batch_is_refused(running: Running) -> None:
    """Before it is sent where its length is told, and while it is sent where it is not."""
    limit = running.server.app.body_limit(target(INFER))
    head = b"POST " + INFER + b" HTTP/1.1\r\nhost: x\r\n"

    told = send(running.port, head + b"content-length: %d\r\n\r\n" % (limit + 1))
    chunk = b"%x\r\n%s\r\n" % (limit + 1, b"x" * (limit + 1))
    untold = send(running.port, head + b"transfer-encoding: chunked\r\n\r\n" + chunk)

    assert statuses(told) == statuses(untold) == [413]
    assert str(limit).encode() in told


@pytest.mark.parametrize("part", [b"POST /v2/models/net/infer HT", raw(b"x" * 100)[:-50]])
def test_a_slow_sender_is_turned_away(part: bytes, put_model: PutModel, start: Start) -> None:
    """408, whether the head or the body does not come."""
    put_model()
    running = start(limits=Limits(header=0.2, body=0.2))

    assert statuses(send(running.port, part)) == [408]


def test_a_silent_connection_is_closed(put_model: PutModel, start: Start) -> None:
    """Without a word: it asked nothing."""
    put_model()
    running = start(limits=Limits(idle=0.2))

    assert send(running.port) == b""


def test_too_many_connections_are_turned_away(put_model: PutModel, start: Start) -> None:
    """503 at once, but for those who ask for its health; those that are there go on."""
    put_model()
    running = start(limits=Limits(connections=1))
    first = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
    first.request("GET", "/v2")
    first.getresponse().read()

    for _ in range(2):  # the second time its head is known
        assert statuses(send(running.port, PLAIN)) == [503]
        assert statuses(send(running.port, b"GET /v2/health/ready HTTP/1.1\r\nhost: x\r\n\r\n")) == [200]
    with contextlib.ExitStack() as stack:
        for _ in range(RESERVE):
            stack.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=5))
        assert statuses(send(running.port)) == [503]
    first.request("GET", "/v2")
    assert first.getresponse().status == 200
    first.close()


def test_a_client_that_does_not_read_is_let_go(put_model: PutModel, start: Start) -> None:
    """Its answers must not fill the memory, nor its connection stay for ever."""
    put_model()
    running = start(limits=Limits(body=0.3))
    with socket.create_connection(("127.0.0.1", running.port), timeout=1) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        page = b"GET /page.js HTTP/1.1\r\nhost: x\r\n\r\n"
        sent = 0
        try:
            for _ in range(20_000):
                sent += client.send(page)
        except OSError:  # it was let go, or nothing more is taken from it
            pass
        time.sleep(1)

        assert not running.server.clients.connections
    assert sent > 0
    assert running.ask("GET", "/v2")[0] == 200


def test_a_defect_is_a_500_and_the_server_goes_on(
    running: Running, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The client hears that there is one, the log which."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("serve.api.app.model_metadata", broken)

    status, answer, _ = running.ask("GET", "/v2/models/net")

    assert (status, answer) == (500, {"error": "the server has a defect (ZeroDivisionError): its log says more"})
    assert "secret" in capfd.readouterr().err
    assert running.ask("GET", "/v2")[0] == 200


def test_a_head_request_has_no_body(running: Running) -> None:
    """But its length."""
    answer = send(running.port, b"HEAD /v2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")

    assert statuses(answer) == [200]
    assert answer.endswith(b"\r\n\r\n")


def test_a_continue_is_answered_before_the_body(running: Running, images: np.ndarray) -> None:
    """As curl waits for it."""
    body = json.dumps(request(images)).encode()
    whole = raw(body, b"expect: 100-continue", b"connection: close")

    answer = send(running.port, whole[: -len(body)], body, pause=0.05)

    assert statuses(answer) == [100, 200]


def test_stopping_answers_what_is_in_flight(running: Running, images: np.ndarray) -> None:
    """Not ready at once, then every request that was sent is answered, then the connection is closed."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
    connection.request("GET", "/v2")
    connection.getresponse().read()
    connection.request("POST", INFER.decode(), json.dumps(request(images)))

    running.server.loop.call_soon_threadsafe(running.server.request_stop)
    answer = connection.getresponse()

    assert answer.status == 200
    assert json.loads(answer.read())["model_name"] == "net"
    connection.close()
    soon(lambda: not running.server.app.ready)


def test_what_is_too_large_for_a_model_that_is_not_served_is_told_why(running: Running) -> None:
    """Not that it is too large: the model may come, and its limit with it."""
    head = b"POST /v2/models/%s/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n"

    assert statuses(send(running.port, head % b"nobody")) == [404]
    running.server.app.ready = False  # it stops: no model will come
    assert statuses(send(running.port, head % b"nobody")) == [404]
    running.server.app.loading = True
    answer = send(running.port, head % b"nobody")
    assert statuses(answer) == [503]
    assert b"the models are being loaded" in answer


def test_a_client_that_says_that_it_sends_no_more_is_answered(running: Running, images: np.ndarray) -> None:
    """Then the connection ends; one that stops in the middle of a request gets nothing."""
    whole = raw(images[0].tobytes(), b"inference-header-content-length: 0")
    for sent, wanted in ((whole, [200]), (whole[:-1], [])):
        with socket.create_connection(("127.0.0.1", running.port), timeout=5) as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            received = b""
            while chunk := client.recv(65536):
                received += chunk
        assert statuses(received) == wanted


def test_what_comes_just_after_the_stop_is_answered(put_model: PutModel, start: Start, images: np.ndarray) -> None:
    """It was on its way; the answer says that it is the last."""
    put_model()
    running = start(limits=Limits(linger=1.0))
    whole = raw(images[0].tobytes(), b"inference-header-content-length: 0")
    with socket.create_connection(("127.0.0.1", running.port), timeout=5) as client:
        client.sendall(whole)
        assert b"connection: close" not in client.recv(65536)
        running.server.loop.call_soon_threadsafe(running.server.request_stop)
        time.sleep(0.2)
        client.sendall(whole)
        answer = client.recv(65536)

    assert statuses(answer) == [200]
    assert b"connection: close" in answer
