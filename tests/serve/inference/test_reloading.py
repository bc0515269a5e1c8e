"""Tests of serve.inference.reloading and serve.security.certificate, and of a stop before everything is loaded."""

import asyncio
import http.client
import shutil
import signal
import socket
import ssl
import threading
from pathlib import Path

import pytest

from export.repository import layout
from serve.errors import ConfigurationError
from serve.inference import catalogue as catalogue_file
from serve.inference import version as version_file
from serve.inference.catalogue import Catalogue
from serve.inference.reloading import Reloader
from serve.security.access import Access
from serve.security.certificate import Certificate
from serve.transport.http.clients import Limits
from serve.transport.server import Server
from tests.serve.certificates import MakePair, Pair
from tests.serve.conftest import Command, PutModel
from tests.serve.fakes import until


def replace(old: Pair, new: Pair) -> None:
    """Put a pair in the place of another, as a renewal does."""
    for name in ("certificate", "key"):
        shutil.move(getattr(new, name), getattr(old, name))


def trusts(port: int, client: ssl.SSLContext) -> bool:
    """Return whether a client takes the server's certificate."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=client, timeout=10)
    try:
        connection.request("GET", "/v2")
        return connection.getresponse().status == 200
    except ssl.SSLCertVerificationError:
        return False
    finally:
        connection.close()


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_renewed_certificate_is_read(kind: str, command: Command, make_pair: MakePair) -> None:
    """On SIGHUP, without a restart: new connections get it, and what is served stays; of whatever kind its key is."""
    pair, renewed = make_pair("old"), make_pair("new", kind)
    process, port = command(*pair.words, "--poll", "0")
    old, new = pair.client(), renewed.client()
    assert (trusts(port, old), trusts(port, new)) == (True, False)

    replace(pair, renewed)
    process.send_signal(signal.SIGHUP)
    assert process.stderr is not None
    said = process.stderr.readline()

    assert "was read again: new connections get it" in said
    assert (trusts(port, old), trusts(port, new)) == (False, True)


def test_half_a_pair_changes_nothing(make_pair: MakePair) -> None:
    """It is told once; when the other half is there the pair is read."""
    pair, renewed = make_pair("old"), make_pair("new")
    certificate = Certificate(pair.certificate, pair.key)
    assert certificate.refresh() == []

    shutil.move(renewed.certificate, pair.certificate)
    (told,) = certificate.refresh()
    again = certificate.refresh()
    shutil.move(renewed.key, pair.key)
    (read,) = certificate.refresh()
    pair.key.unlink()
    (gone,) = certificate.refresh()

    assert "are no pair" in told
    assert again == []
    assert "was read again" in read
    assert "No such file" in gone


def test_a_key_with_a_passphrase_is_refused(make_pair: MakePair) -> None:
    """Nobody is asked for it: the server would stand still until somebody answers."""
    locked = make_pair("locked", passphrase="secret")  # noqa: S106 - of a key made here

    with pytest.raises(ConfigurationError, match="without a passphrase"):
        Certificate(locked.certificate, locked.key)


def test_a_pair_that_is_none_is_refused_at_the_start(make_pair: MakePair) -> None:
    """With the options that name it."""
    one, other = make_pair("one"), make_pair("other")

    with pytest.raises(ConfigurationError, match="must be PEM files of a pair"):
        Certificate(one.certificate, other.key)


def test_a_look_that_fails_leaves_the_others(tmp_path: Path) -> None:
    """It is told, what else is looked at is, and the next look comes all the same."""
    said: list[str] = []
    looks: list[int] = []
    beside: list[int] = []

    def look_beside() -> list[str]:
        beside.append(len(looks))
        return []

    def look() -> list[str]:
        looks.append(1)
        if len(looks) == 1:
            raise PermissionError(tmp_path)
        return [f"look {len(looks)}"]

    async def main() -> None:
        reloader = Reloader([look, look_beside], 0.01, said.append)
        running = asyncio.create_task(reloader.run())
        await until(lambda: len(said) > 1)
        running.cancel()

    asyncio.run(main())
    assert said[0].startswith("what is served stays: a look for changes failed:")
    assert said[1] == "look 2"
    assert beside[0] == 1


def test_a_folder_that_cannot_be_read_leaves_the_other_models(
    put_model: PutModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are served, and it is refused by name."""
    put_model("good")
    catalogue = Catalogue(put_model("locked").parents[1])
    right = layout.versions

    def versions(model: Path) -> list[int]:
        if model.name == "locked":
            raise PermissionError(13, "Permission denied", str(model))
        return right(model)

    monkeypatch.setattr(catalogue_file, "versions", versions)
    events = catalogue.refresh()

    assert [version.name for version in catalogue.all_served()] == ["good"]
    assert any(event.startswith("locked is not served: ") and "Permission denied" in event for event in events)


class Gate:
    """Loads versions when it is opened."""

    def __init__(self) -> None:
        self.loading, self.go_on = threading.Event(), threading.Event()

    def load_version(self, *words: object, **options: object) -> object:
        """Wait, then load."""
        self.loading.set()
        assert self.go_on.wait(10)
        return version_file.load_version(*words, **options)  # type: ignore[arg-type]  # as they came


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Return what every load waits for."""
    made = Gate()
    monkeypatch.setattr(catalogue_file, "load_version", made.load_version)
    return made


@pytest.mark.parametrize("shared", [False, True])
def test_who_connects_while_models_are_loaded(put_model: PutModel, gate: Gate, *, shared: bool) -> None:
    """Is told so; where processes share the port, is not taken: one that is ready may be there."""
    catalogue = Catalogue(put_model().parents[1])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    statuses: list[int] = []

    def ask() -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/v2/models/net")
            return connection.getresponse().status
        except ConnectionRefusedError:
            return 0
        finally:
            connection.close()

    async def main() -> None:
        server = Server(catalogue, access=Access(), limits=Limits(linger=0.01), poll=0)
        serving = asyncio.create_task(server.run("127.0.0.1", port, signals=False, reuse_port=shared))
        await until(gate.loading.is_set)
        statuses.append(await asyncio.to_thread(ask))
        gate.go_on.set()
        await until(lambda: server.app.ready)
        statuses.append(await asyncio.to_thread(ask))
        server.request_stop()
        await asyncio.wait_for(serving, 10)

    asyncio.run(main())
    assert statuses == [0 if shared else 503, 200]


@pytest.mark.parametrize("shared", [False, True])
def test_a_stop_while_models_are_loaded_is_obeyed(put_model: PutModel, gate: Gate, *, shared: bool) -> None:
    """The one that is being loaded is the last, and the server was never ready."""
    put_model("one")
    catalogue = Catalogue(put_model("two").parents[1])
    started: list[int] = []

    async def main() -> None:
        server = Server(catalogue, access=Access(), limits=Limits(linger=0.01), poll=0)
        serving = asyncio.create_task(
            server.run("127.0.0.1", 0, signals=False, reuse_port=shared, started=started.append)
        )
        await until(gate.loading.is_set)
        server.request_stop()
        gate.go_on.set()
        await asyncio.wait_for(serving, 10)
        assert not server.app.ready

    asyncio.run(main())
    assert len(catalogue.all_served()) == 1
    assert started == []
