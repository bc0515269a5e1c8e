"""Tests of TLS: the command with a certificate that was made for it, and clients that do not do as they should."""

import http.client
import json
import os
import signal
import socket
import ssl
import time
import warnings

import numpy as np
import pytest

from serve.transport.http.clients import Limits
from tests.serve.certificates import Pair
from tests.serve.conftest import Command, PutModel, Start, expected, request

SECONDS = 10  # that a client waits here: longer is an error
NO_TLS = (b"GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x00\x05hello", bytes(range(256)))
ASK = b"GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n"


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


def _shaken(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Return a connection after its handshake."""
    plain = _connected(port)
    try:
        return context.wrap_socket(plain, server_hostname="127.0.0.1")
    except BaseException:
        plain.close()
        raise


def _dropped(client: socket.socket) -> bool:
    """Wait until the server closes a connection; return whether it did without an answer."""
    try:
        return client.recv(1000) == b""
    except ConnectionResetError:
        return True


def test_an_inference_is_answered(command: Command, pair: Pair, images: np.ndarray) -> None:
    """Over a connection that is encrypted as today, to who trusts the certificate and nobody else."""
    _, port = command(*pair.words)
    client = http.client.HTTPSConnection("127.0.0.1", port, context=pair.client(), timeout=SECONDS)
    client.connect()
    assert isinstance(client.sock, ssl.SSLSocket)
    version = client.sock.version()
    client.request("POST", "/v2/models/net/infer", json.dumps(request(images)))
    answer = client.getresponse()
    outputs = json.loads(answer.read())["outputs"]
    client.close()

    assert version in ("TLSv1.2", "TLSv1.3")
    assert answer.status == 200
    np.testing.assert_allclose(np.reshape(outputs[0]["data"], (5, 3)), expected(images), rtol=1e-4)
    with pytest.raises(ssl.SSLCertVerificationError):
        _shaken(port, ssl.create_default_context())


def test_what_is_not_tls_gets_no_answer(command: Command, pair: Pair) -> None:
    """Plain HTTP or noise: the connection is closed, and the server goes on without a word."""
    process, port = command(*pair.words)
    for content in NO_TLS:
        with _connected(port) as client:
            client.sendall(content)
            assert _dropped(client)

    with _shaken(port, pair.client()) as client:
        client.sendall(ASK)
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


@pytest.mark.skipif(not ssl.HAS_TLSv1_1, reason="this client's openssl has no TLS 1.1 to try")
def test_tls_1_1_is_refused(command: Command, pair: Pair) -> None:
    """By the server: the same client is taken with 1.2."""
    _, port = command(*pair.words)
    old = pair.client()
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with _shaken(port, old) as client:
        assert client.version() == "TLSv1.2"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises((ssl.SSLError, ConnectionResetError)) as refused:
        _shaken(port, old)

    assert "NO_PROTOCOLS_AVAILABLE" not in str(refused.value)  # then the client would not have tried


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01"], ids=["nothing", "a beginning"])
def test_who_does_not_shake_hands_is_dropped(
    put_model: PutModel, pair: Pair, start: Start, loop: str, sent: bytes
) -> None:
    """After the seconds that a request's head may take: asyncio would wait for a minute."""
    put_model()
    limits = Limits(header=0.3, linger=0.02)
    running = start(limits=limits, tls=pair.server(), loop=pytest.importorskip(loop).new_event_loop)
    with _connected(running.port) as client:
        client.sendall(sent)
        begun = time.monotonic()

        assert _dropped(client)
        assert 0.2 < time.monotonic() - begun < 5


def test_sigterm_ends_it_with_0(command: Command, pair: Pair) -> None:
    """Soon, whoever keeps a connection without saying goodbye, or never shook hands on it."""
    process, port = command(*pair.words)
    with _shaken(port, pair.client()) as kept, _connected(port):
        kept.sendall(ASK)
        assert kept.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")

        process.send_signal(signal.SIGTERM)

        assert process.wait(SECONDS) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_a_pipe_in_the_place_of_a_certificate_keeps_nobody_waiting(pair: Pair) -> None:
    """The old one stays."""
    certificate = pair.server()
    before = certificate.pem
    pair.key.unlink()
    os.mkfifo(pair.key)

    (told,) = certificate.refresh()

    assert f"{pair.key} is no regular file" in told
    assert certificate.pem is before
