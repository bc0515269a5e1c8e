"""Tests of `catalogue`, `access` and the repository's routes: what is served, what is not, and why."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from export.repository.layout import RepositoryError
from serve.errors import RequestError
from serve.inference.catalogue import Catalogue
from serve.security.access import Access
from tests.serve.conftest import ADMIN, PutModel, Running, Start, expected, request

Headers = dict[str, str]
ADMINISTRATION: Headers = {"Authorization": f"Bearer {ADMIN}"}


def catalogue(folder: Path) -> Catalogue:
    """Return the catalogue of a version's repository."""
    return Catalogue(folder.parents[1])


def test_every_model_is_served(put_model: PutModel) -> None:
    """Each in its newest version, as its configuration says."""
    put_model("one")
    put_model("two", 1)
    models = catalogue(put_model("two", 2))

    events = models.refresh()

    assert sorted((version.name, version.number) for version in models.all_served()) == [("one", 1), ("two", 2)]
    assert len(events) == 2
    assert models.refresh() == []


def test_a_new_version_takes_over(put_model: PutModel, images: np.ndarray) -> None:
    """And the old one is let go."""
    models = catalogue(put_model("net", 1))
    models.refresh()
    put_model("net", 2)

    models.refresh()

    np.testing.assert_allclose(models.find("net").run(images).logits, expected(images, 2), rtol=1e-5)
    with pytest.raises(RequestError, match="net has no version '1': served are 2"):
        models.find("net", "1")


def test_an_older_version_is_served_where_the_newest_may_not_be(put_model: PutModel, images: np.ndarray) -> None:
    """Also after a restart."""
    put_model("net", 1)
    models = catalogue(put_model("net", 2, golden_of=3))

    events = models.refresh()

    assert events[0].partition(":")[0] == "net version 2 is not served"
    np.testing.assert_allclose(models.find("net").run(images).logits, expected(images, 1), rtol=1e-5)
    assert models.refresh() == []


def test_a_version_that_fails_stays_out_and_the_old_one_stays(put_model: PutModel, images: np.ndarray) -> None:
    """The index says why; it is said once."""
    models = catalogue(put_model("net", 1))
    models.refresh()
    put_model("net", 2, golden_of=3)

    (event,) = models.refresh()

    assert "net version 2 is not served" in event
    assert "golden logits differ" in event
    assert models.refresh() == []
    np.testing.assert_allclose(models.find("net").run(images).logits, expected(images, 1), rtol=1e-5)
    states = {(row["version"], row["state"]) for row in models.index()}
    assert states == {("1", "READY"), ("2", "UNAVAILABLE")}


@pytest.mark.parametrize("file", ["model.onnx", "golden.npz", "card.json", "SHA256SUMS", "../labels.txt"])
@pytest.mark.parametrize("damage", ["truncated", "removed", "changed"])
def test_a_damaged_version_is_refused_by_name(file: str, damage: str, put_model: PutModel) -> None:
    """Whatever was done to whichever file; the server goes on."""
    folder = put_model()
    put_model("other")
    path = folder / file
    content = path.read_bytes()
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "truncated" else b"x" + content[1:])
    models = catalogue(folder)

    models.refresh()

    assert [version.name for version in models.all_served()] == ["other"]
    (reason,) = (row["reason"] for row in models.index() if row["name"] == "net")
    assert Path(file).name in reason


@pytest.mark.parametrize("text", ["", "name: 'other'", "nonsense {", "name: 'net' colour: 'red'", "\x00"])
def test_a_configuration_that_cannot_be_read_is_refused(text: str, put_model: PutModel) -> None:
    """With its path."""
    folder = put_model()
    (folder.parent / "config.pbtxt").write_text(text, "utf-8")
    models = catalogue(folder)

    (event,) = models.refresh()

    assert "net is not served" in event
    assert "config.pbtxt" in event


def test_a_model_that_is_gone_is_let_go(put_model: PutModel) -> None:
    """At the next look."""
    folder = put_model()
    put_model("other")
    models = catalogue(folder)
    models.refresh()
    shutil.rmtree(folder.parent)

    assert models.refresh() == ["net is gone"]
    assert [version.name for version in models.all_served()] == ["other"]


def test_no_repository_is_an_error(tmp_path: Path) -> None:
    """A server without one has nothing to say."""
    with pytest.raises(RepositoryError, match="no model repository"):
        Catalogue(tmp_path / "nothing").refresh()


@pytest.mark.parametrize("name", ["..", "a/b", "a\\b", "a.b", "\x00", "", "-x", "é"])
def test_names_that_are_no_names_never_reach_the_file_system(name: str, put_model: PutModel) -> None:
    """They are unknown models, and nothing more."""
    models = catalogue(put_model())

    for ask in (models.find, models.load, models.unload):
        with pytest.raises(RequestError, match="unknown model") as caught:
            ask(name)
        assert caught.value.status == 404


def test_loading_and_unloading_need_the_administrator(running: Running, images: np.ndarray) -> None:
    """Without the token nothing changes."""
    for action in ("load", "unload"):
        status, answer, _ = running.ask("POST", f"/v2/repository/models/net/{action}")
        assert (status, answer["error"]) == (403, "loading and unloading need the administrator's token")

    assert running.ask("POST", "/v2/repository/models/net/unload", headers=ADMINISTRATION)[0] == 200
    assert running.infer(request(images)) == (503, {"error": "net is not served: it was unloaded"})
    assert running.ask("POST", "/v2/repository/index")[1] == [
        {"name": "net", "version": "", "state": "UNAVAILABLE", "reason": "unloaded"}
    ]
    assert running.ask("POST", "/v2/repository/models/net/load", headers=ADMINISTRATION)[0] == 200
    assert running.infer(request(images))[0] == 200


def test_the_index_may_be_of_ready_models_only(put_model: PutModel, start: Start) -> None:
    """As the extension has it."""
    put_model()
    put_model("bad", golden_of=5)
    running = start()

    rows = running.ask("POST", "/v2/repository/index")[1]
    ready = running.ask("POST", "/v2/repository/index", b'{"ready": true}')[1]

    assert [row["name"] for row in rows] == ["bad", "net"]
    assert ready == [{"name": "net", "version": "1", "state": "READY", "reason": ""}]


def test_a_version_swap_loses_no_request(put_model: PutModel, start: Start, images: np.ndarray) -> None:
    """Every answer is that of the old or of the new version, whole."""
    put_model("net", 1)
    running = start()
    put_model("net", 2)
    running.server.loop.call_soon_threadsafe(running.server.request_reload)
    seen = set()
    for _ in range(500):
        status, answer = running.infer(request(images))
        assert status == 200
        seed = int(answer["model_version"])
        logits = np.array(answer["outputs"][0]["data"]).reshape(5, 3)
        np.testing.assert_allclose(logits, expected(images, seed), rtol=1e-4)
        seen.add(seed)
        if 2 in seen:
            break

    assert 2 in seen


@pytest.fixture
def locked() -> Access:
    """Return an access that takes two tokens, and one for administration."""
    return Access(["secret", "other"], [ADMIN])


@pytest.mark.parametrize(
    ("header", "passes"),
    [
        ("Bearer secret", True),
        ("bearer other", True),
        (f"Bearer {ADMIN}", True),
        ("Bearer wrong", False),
        ("Bearer ", False),
        ("Basic secret", False),
        ("secret", False),
        ("", False),
    ],
)
def test_a_token_is_needed_where_there_are_tokens(header: str, passes: bool, locked: Access) -> None:
    """401 says how to send one."""
    headers = {b"authorization": header.encode()} if header else {}
    if passes:
        locked.check(headers)
        return
    told = "this token is not one of the server's" if header else "a bearer token is needed"
    with pytest.raises(RequestError, match=told) as caught:
        locked.check(headers)
    assert (caught.value.status, caught.value.headers) == (401, {"www-authenticate": "Bearer"})


def test_an_inference_token_does_not_administer(locked: Access) -> None:
    """And where there is no administrator, nobody does."""
    for access in (locked, Access()):
        with pytest.raises(RequestError) as caught:
            access.check({b"authorization": b"Bearer secret"}, administrator=True)
        assert caught.value.status == 403


def test_a_server_with_tokens_asks_for_them(put_model: PutModel, start: Start, locked: Access) -> None:
    """Everywhere but for its health."""
    put_model()
    running = start(access=locked)

    assert running.ask("GET", "/v2/models/net")[0] == 401
    assert running.ask("GET", "/v2/models/net", headers={"Authorization": "Bearer secret"})[0] == 200
    assert running.ask("GET", "/v2/health/ready")[0] == 200
