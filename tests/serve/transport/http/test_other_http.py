"""Tests of what is not HTTP/1.1 alone: offers of other protocols, HTTP/1.0, and two hosts."""

import numpy as np
import pytest

from serve.security.cors import Cors
from tests.serve.conftest import Running
from tests.serve.transport.http.test_connection import INFER, PLAIN, RAW, raw, send, statuses

OFFERS = (
    b"upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABk\r\n",
    b"upgrade: websocket\r\nconnection: keep-alive, upgrade\r\n",
    b"upgrade: TLS/1.0\r\nconnection: upgrade\r\n",
)


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("pause", [0.0, 0.02])
def test_an_offer_to_speak_another_protocol_is_declined(
    running: Running, images: np.ndarray, offer: bytes, pause: float
) -> None:
    """The request is answered as it is, its body read, plain and in chunks, and the next one too."""
    body = images[0].tobytes()
    plain = raw(body, RAW, offer.rstrip(b"\r\n"))
    head = b"POST " + INFER + b" HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n" + RAW + b"\r\n" + offer
    chunked = head + b"\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    asked = b"GET /v2 HTTP/1.1\r\nhost: x\r\n" + offer + b"\r\n"
    for sent in (plain, chunked, asked):
        parts = [sent[:40], sent[40:-4], sent[-4:] + PLAIN] if pause else [sent + PLAIN]
        assert statuses(send(running.port, *parts, pause=pause)) == [200, 200]


@pytest.mark.parametrize("offer", [b"", *OFFERS])
def test_a_tunnel_is_not_made(running: Running, offer: bytes) -> None:
    """CONNECT is refused and the connection closed, with an offer of another protocol and without."""
    answer = send(running.port, b"CONNECT x:80 HTTP/1.1\r\nhost: x\r\n" + offer + b"\r\nwhatever" + PLAIN)

    assert statuses(answer) in ([404], [405])
    assert b"connection: close" in answer
    assert running.ask("GET", "/v2")[0] == 200


def test_http_1_0_is_told_that_its_connection_stays(running: Running) -> None:
    """Where it asks for that: `ab -k` waits for the word."""
    asked = b"GET /v2 HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"
    answer = send(running.port, asked, asked)

    assert statuses(answer) == [200, 200]
    assert answer.count(b"connection: keep-alive\r\n") == 2
    assert b"connection: close\r\n" in send(running.port, b"GET /v2 HTTP/1.0\r\n\r\n")


def test_http_1_0_is_not_told_to_go_on(running: Running, images: np.ndarray) -> None:
    """It does not know interim answers."""
    expecting = raw(images[0].tobytes(), RAW, b"expect: 100-continue")

    assert statuses(send(running.port, expecting))[0] == 100
    assert statuses(send(running.port, expecting.replace(b"HTTP/1.1", b"HTTP/1.0"))) == [200]


def test_two_hosts_are_refused(running: Running) -> None:
    """Who stands between may have gone by the other one."""
    answer = send(running.port, b"GET /v2 HTTP/1.1\r\nhost: x\r\nHost: y\r\n\r\n")

    assert statuses(answer) == [400]
    assert b"two Host headers" in answer


def test_blanks_behind_a_headers_value_are_no_part_of_it(running: Running, images: np.ndarray) -> None:
    """RFC 9110, section 5.5."""
    body = images[0].tobytes()

    assert statuses(send(running.port, raw(body, RAW + b" \t", b"content-encoding: identity\t"))) == [200]
    assert statuses(send(running.port, raw(body, RAW, b"expect: 100-continue "))) == [100, 200]


def test_an_offer_beside_a_close_is_closed(running: Running) -> None:
    """The client said both."""
    offer = b"GET /v2 HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: close, upgrade\r\n\r\n"

    answer = send(running.port, offer + PLAIN)

    assert statuses(answer) == [200]
    assert b"connection: close\r\n" in answer


def test_other_transfer_codings_are_not_taken(running: Running) -> None:
    """A body in another one would be read wrongly."""
    head = b"POST " + INFER + b" HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n"

    answer = send(running.port, head + b"0\r\n\r\n")

    assert statuses(answer) == [501]
    assert b"'gzip, chunked' is not taken: send chunked" in answer


def test_other_sites_pages_may_read_why_a_body_is_refused(running: Running) -> None:
    """Before it was read, too; with the request's own name."""
    running.server.app.cors = Cors(("https://example.org",))
    asked = (b"origin: https://example.org", b"x-request-id: mine", b"content-length: 99999999")

    answer = send(running.port, b"POST " + INFER + b" HTTP/1.1\r\nhost: x\r\n" + b"\r\n".join(asked) + b"\r\n\r\n")

    assert statuses(answer) == [413]
    assert b"access-control-allow-origin: https://example.org\r\n" in answer
    assert b"x-request-id: mine\r\n" in answer


def test_an_answer_without_content_has_no_length(running: Running) -> None:
    """RFC 9110, section 8.6; what follows it on the connection is read."""
    question = b"OPTIONS /v2 HTTP/1.1\r\nhost: x\r\naccess-control-request-method: GET\r\n\r\n"

    answer = send(running.port, question + b"GET /v2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")

    assert statuses(answer) == [204, 200]
    assert b"\r\ncontent-length" not in answer.partition(b"\r\n\r\n")[0]
