"""Tests of serve.transport.asgi: the same answers under a host of another's making."""

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serve.transport.asgi import Asgi
from tests.serve.conftest import PutModel, expected, request
from tests.serve.fakes import until


class Host:
    """An ASGI host's part in one request: messages in, messages out."""

    def __init__(self, app: Asgi, method: str, path: str, *bodies: bytes, leaves: bool = False) -> None:
        self.app, self.sent = app, []  # type: Asgi, list[dict[str, Any]]
        self.scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
        parts = bodies or (b"",)
        self.messages = [
            {"type": "http.request", "body": part, "more_body": place < len(parts) - 1}
            for place, part in enumerate(parts)
        ]
        if leaves:
            self.messages.append({"type": "http.disconnect"})

    async def receive(self) -> dict[str, Any]:
        """Return the next message; wait for ever behind the last."""
        if not self.messages:
            await asyncio.Event().wait()
        return self.messages.pop(0)

    async def send(self, message: Any) -> None:  # noqa: ANN401 - a message
        """Keep what the application says."""
        self.sent.append(message)

    async def run(self) -> tuple[int, Any]:
        """Return status and answer."""
        await self.app(self.scope, self.receive, self.send)
        start, body = self.sent
        return start["status"], json.loads(body["body"])


def test_an_inference_is_answered(put_model: PutModel, images: np.ndarray, tmp_path: Path) -> None:
    """However the body was cut; the models are loaded with the first request."""
    put_model()
    body = json.dumps(request(images)).encode()

    async def main() -> None:
        app = Asgi(tmp_path / "repository")
        status, answer = await Host(app, "POST", "/v2/models/net/infer", body[:50], body[50:]).run()
        assert status == 200
        logits = np.array(answer["outputs"][0]["data"]).reshape(5, 3)
        np.testing.assert_allclose(logits, expected(images), rtol=1e-4)
        assert await Host(app, "GET", "/v2/health/ready").run() == (200, {"ready": True})
        assert (await Host(app, "GET", "/nothing").run())[0] == 404

    asyncio.run(main())


def test_an_answer_without_content_has_no_length(put_model: PutModel, tmp_path: Path) -> None:
    """Hosts may refuse to send one."""
    put_model()

    async def main() -> None:
        host = Host(Asgi(tmp_path / "repository"), "OPTIONS", "/v2")
        host.scope["headers"] = [(b"access-control-request-method", b"GET")]
        await host.app(host.scope, host.receive, host.send)
        assert host.sent[0]["status"] == 204
        assert b"content-length" not in dict(host.sent[0]["headers"])

    asyncio.run(main())


@pytest.mark.parametrize("path", ["/below/v2/models/net", "/v2/models/net"])
def test_it_may_be_mounted_below_a_prefix(path: str, put_model: PutModel, tmp_path: Path) -> None:
    """Which some hosts leave in the path, as ASGI says, and others take out."""
    put_model()

    async def main() -> None:
        host = Host(Asgi(tmp_path / "repository"), "GET", path)
        host.scope["root_path"] = "/below"
        status, answer = await host.run()
        assert (status, answer["name"]) == (200, "net")

    asyncio.run(main())


def test_a_body_that_is_too_large_is_refused(put_model: PutModel, tmp_path: Path) -> None:
    """While it comes."""
    put_model()

    async def main() -> None:
        app = Asgi(tmp_path / "repository")
        status, answer = await Host(app, "POST", "/v2/models/net/infer", *[b"x" * 10_000] * 10).run()
        assert status == 413
        assert "the body has more than" in answer["error"]

    asyncio.run(main())


def test_a_client_that_left_is_not_answered(put_model: PutModel, images: np.ndarray, tmp_path: Path) -> None:
    """Nor is the application disturbed by it."""
    put_model()
    body = json.dumps(request(images)).encode()

    async def main() -> None:
        app = Asgi(tmp_path / "repository")
        host = Host(app, "POST", "/v2/models/net/infer", body, leaves=True)
        await host.app(host.scope, host.receive, host.send)
        assert len(host.sent) in (0, 2)
        assert (await Host(app, "GET", "/v2").run())[0] == 200

    asyncio.run(main())


def lifespan(app: Asgi, *kinds: str) -> list[dict[str, Any]]:
    """Return what the application says to the host's start and stop."""
    sent: list[dict[str, Any]] = []
    messages = [{"type": f"lifespan.{kind}"} for kind in kinds]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:  # noqa: ANN401 - a message
        sent.append(message)

    asyncio.run(app({"type": "lifespan"}, receive, send))
    return sent


def test_the_hosts_start_and_stop_are_followed(put_model: PutModel, tmp_path: Path) -> None:
    """Models are loaded before the host takes requests; without a repository it does not start."""
    put_model()
    app = Asgi(tmp_path / "repository")

    said = [message["type"] for message in lifespan(app, "startup", "shutdown")]

    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert app.app is not None
    assert not app.app.ready
    (failed,) = lifespan(Asgi(tmp_path / "nothing"), "startup")
    assert failed["type"] == "lifespan.startup.failed"
    assert "no model repository" in failed["message"]


def test_a_new_version_is_picked_up(put_model: PutModel, tmp_path: Path) -> None:
    """Without a restart of the host."""
    put_model("net", 1)

    async def main() -> None:
        app = Asgi(tmp_path / "repository", poll=0.02)
        assert (await Host(app, "GET", "/v2/models/net").run())[1]["versions"] == ["1"]
        put_model("net", 2)
        await until(lambda: [version.number for version in app.catalogue.all_served()] == [2])
        assert (await Host(app, "GET", "/v2/models/net").run())[1]["versions"] == ["2"]

    asyncio.run(main())
