"""Tests of bench.server.contest: what is sent and read, what is started, and the tables; one short race with wrk."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.__main__ import main
from bench.harness.errors import UserError
from bench.server import virtual_environments
from bench.server.contest import command, contestants, wrk
from bench.server.contest.contestants import CONTESTANTS, OURS, PEERS
from bench.server.contest.table import report
from bench.server.contest.wrk import LOADS
from bench.server.formats import NESTED_JSON, OIP_BYTES, OIP_JSON, PLAIN_BYTES, Format
from bench.server.process import free_port, running

IMAGES = np.arange(2 * 4, dtype=np.uint8).reshape(2, 1, 2, 2)
LOGITS = np.array([[1.5, -2.0, 0.25], [0.0, 3.0, 4.0]], np.float32)


def test_a_raw_request_is_the_image() -> None:
    """And nothing else: the header says so."""
    body, headers = OIP_BYTES.encode(IMAGES[:1])

    assert body == bytes([0, 1, 2, 3])
    assert headers["Inference-Header-Content-Length"] == "0"


def test_several_images_need_a_head() -> None:
    """Whose length is told."""
    body, headers = OIP_BYTES.encode(IMAGES)
    length = int(headers["Inference-Header-Content-Length"])

    assert json.loads(body[:length])["inputs"][0]["shape"] == [2, 1, 2, 2]
    assert body[length:] == bytes(range(8))


@pytest.mark.parametrize("form", [OIP_JSON, NESTED_JSON])
def test_pixels_go_as_json(form: Format) -> None:
    """All of them, in order."""
    content = json.loads(form.encode(IMAGES)[0])

    pixels = content["image"] if "image" in content else content["inputs"][0]["data"]
    assert np.array(pixels).ravel().tolist() == list(range(8))


def binary_answer() -> bytes:
    """Return an answer with both outputs as bytes."""
    outputs = [
        {"name": name, "parameters": {"binary_data_size": LOGITS.nbytes}} for name in ("probabilities", "logits")
    ]
    return json.dumps({"outputs": outputs}).encode() + b"   " + (0 * LOGITS).tobytes() + LOGITS.tobytes()


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        (OIP_BYTES, binary_answer()),
        (OIP_JSON, json.dumps({"outputs": [{"name": "logits", "data": LOGITS.ravel().tolist()}]}).encode()),
        (NESTED_JSON, json.dumps({"logits": LOGITS.tolist()}).encode()),
        (NESTED_JSON, json.dumps(LOGITS.tolist()).encode()),
        (PLAIN_BYTES, LOGITS.tobytes()),
    ],
)
def test_logits_are_read(form: Format, answer: bytes) -> None:
    """From every kind of answer."""
    assert form.decode(answer, 2).tolist() == LOGITS.tolist()


@pytest.mark.parametrize("contestant", CONTESTANTS, ids=lambda contestant: contestant.key)
def test_a_server_is_started_on_the_newest_version(contestant: contestants.Contestant, tmp_path: Path) -> None:
    """The others get its file, ours the repository; each has its program, and versions that are pinned."""
    for number in (1, 9, 10):
        (tmp_path / "net" / str(number)).mkdir(parents=True)

    words, variables = contestant.command(Path("python"), tmp_path / "net", 8000)

    if not contestant.program:
        assert words[1:4] == ["-m", "serve", str(tmp_path)]
    else:
        assert variables["PEER_MODEL"] == str(tmp_path / "net" / "10" / "model.onnx")
        assert (PEERS / contestant.program).is_file()
        assert "==" in contestant.requirements[0]


def rows(servers: dict[tuple[str, str], float], turns: int = 3) -> list[dict[str, Any]]:
    """Return rows of servers with these requests/s."""
    return [
        {
            "turn": turn,
            "server": server,
            "version": "1",
            "format": form,
            "model": "net",
            "load": load.name,
            "connections": load.connections,
            "images": load.images,
            "requests_per_second": rate * (1 + turn),
            "images_per_second": rate * (1 + turn) * load.images,
            "p50_ms": 1e3 / rate,
            "p99_ms": 2e3 / rate,
            "errors": 0,
            "cpu_seconds_per_1000_images": 0.1,
            "ready_seconds": 1.0,
            "memory_mb": 100.0,
        }
        for turn in range(turns)
        for (server, form), rate in servers.items()
        for load in LOADS
    ]


def test_ratios_are_those_of_the_turns() -> None:
    """A machine that is three times as fast in the last turn changes no ratio."""
    measured = rows({(OURS, "bytes"): 1000.0, (OURS, "JSON"): 500.0, ("mosec", "JSON"): 250.0})
    content = {
        "rows": measured,
        "raw_onnxruntime": [32_000.0, 64_000.0, 96_000.0],
        "model": "net",
        "seconds": 4,
        "wrk": "wrk",
        "environment": {
            "onnxruntime": "1",
            "hardware": "machine",
            "cores": 2,
            "python": "3.11",
            "commit": "a" * 40,
        },
    }

    text = report(content)
    mosec = next(line for line in text.splitlines() if line.startswith("| mosec"))
    alone, whole = text.split("**")[4], text.split("**")[6]

    assert "4.00 [4.00, 4.00]" in mosec
    assert "2.00 [2.00, 2.00]" in mosec
    assert "0.250 [0.250, 0.250]" in alone
    assert "1.00 [1.00, 1.00]" in whole.splitlines()[4]
    assert "n = 3 turns" in text


def test_errors_are_shown() -> None:
    """A server that fails fast is not fast."""
    measured = rows({(OURS, "bytes"): 1000.0})
    measured[0]["errors"] = 7
    where = {"onnxruntime": "1", "hardware": "m", "cores": 2, "python": "3", "commit": "a"}
    content = {"rows": measured, "raw_onnxruntime": [1.0] * 3, "model": "net", "seconds": 4, "wrk": "wrk"}

    assert "(7 errors)" in report({**content, "environment": where})


def test_a_wrong_answer_ends_the_race(exported_once: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its figures would mean nothing."""
    (model,) = (path for path in exported_once.iterdir() if path.is_dir())
    question = command.Question(model)

    def wrong(_: str, message: tuple[bytes, dict[str, str]]) -> bytes:
        return np.zeros((len(message[0]) // 784, 10), np.float32).tobytes()

    monkeypatch.setattr(command, "_post", wrong)
    with pytest.raises(UserError, match="somebody answers"):
        question.check("http://localhost", "somebody", PLAIN_BYTES)


def test_a_server_that_ends_says_why(tmp_path: Path) -> None:
    """With the end of its log."""
    import sys  # noqa: PLC0415 - for this test alone

    with (
        running([sys.executable, "-c", "raise SystemExit('no model here')"], tmp_path) as server,
        pytest.raises(UserError, match="no model here"),
    ):
        server.wait_until(lambda: False)


def test_an_environment_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """With what pip said; nothing claims that it is there."""
    with pytest.raises(UserError, match="failed"):
        virtual_environments.environment_python("broken", ["--no-such-option"], tmp_path)

    assert not (tmp_path / "broken" / "installed").exists()


def test_without_wrk_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is started."""
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(UserError, match="apt install wrk"):
        wrk.require_wrk()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--servers", "nobody"], "unknown server 'nobody'"),
        (["--repeats", "0"], "--repeats is 0: it must be at least 1"),
        (["--model", "nobody"], "has no version"),
    ],
)
def test_what_cannot_be_measured_is_said(
    words: list[str],
    message: str,
    exported_once: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In one line, with the exit status 2."""
    monkeypatch.setattr(command, "require_wrk", lambda: None)
    assert main(["contest", "--repository", str(exported_once), *words]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("wrk") is None, reason="needs wrk")
def test_a_short_race_of_ours_alone(exported_once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every load in both formats, without an error."""
    (model,) = (path.name for path in exported_once.iterdir() if path.is_dir())
    file = tmp_path / "serving.json"
    words = ["--repository", str(exported_once), "--model", model, "--servers", OURS, "--json", str(file)]

    assert main(["contest", *words, "--repeats", "1", "--seconds", "1"]) == 0

    measured = json.loads(file.read_text("utf-8"))["rows"]
    assert [(row["format"], row["load"]) for row in measured] == [
        (form, load.name) for form in ("bytes", "JSON") for load in LOADS
    ]
    assert all(row["errors"] == 0 and row["requests_per_second"] > 0 for row in measured)
    assert "images a request" in capsys.readouterr().out


def test_a_free_port_is_free() -> None:
    """And another each time it is held."""
    assert free_port() > 1024
