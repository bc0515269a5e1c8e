"""Tests of serve.transport.http.draining: a listener's end, and a server's under clients that connect again."""

import contextlib
import signal
import socket
import sys
import threading

import pytest

from serve.transport.http.draining import take_no_more
from tests.serve.conftest import Command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such filter")
ASK = b"GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n"
CLIENTS = 8


def test_who_is_connected_stays_so_and_nobody_more_is_told_that_he_is() -> None:
    """A connection in the backlog can still be accepted and answered."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = listener.getsockname()
        with socket.create_connection(where, timeout=5) as early:
            assert take_no_more([listener])
            with pytest.raises(TimeoutError):
                socket.create_connection(where, timeout=0.3)
            connection, _ = listener.accept()
            listener.close()
            with connection:
                early.sendall(b"question")
                assert connection.recv(100) == b"question"
                connection.sendall(b"answer")
                assert early.recv(100) == b"answer"
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(where, timeout=5)


def test_no_connection_is_reset_when_the_server_stops(command: Command) -> None:
    """A new connection for every request, up to the moment from which none is made any more."""
    process, port = command()
    answered: list[str] = []
    lost: list[str] = []

    def ask_again_and_again() -> None:
        while True:
            try:
                client = socket.create_connection(("127.0.0.1", port), timeout=10)
            except ConnectionRefusedError:
                return
            with contextlib.closing(client):
                try:
                    client.sendall(ASK)
                    answer = client.recv(10_000)
                except OSError as error:
                    lost.append(repr(error))
                    continue
                (answered if answer.startswith(b"HTTP/1.1 200") else lost).append(str(answer))

    threads = [threading.Thread(target=ask_again_and_again) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    while len(answered) < 10 * CLIENTS:
        threads[0].join(0.01)
    process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join(20)

    assert process.wait(10) == 0
    assert lost == []
