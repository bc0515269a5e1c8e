"""Tests of bench.server.stress: small fires against a real server, and verdicts that can be no."""

import json
import os
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from bench.__main__ import main
from bench.server.stress import neighbours
from bench.server.stress.broken_requests import Generator
from bench.server.stress.broken_versions import put_version
from bench.server.stress.client import Answer
from bench.server.stress.clients import Clients
from bench.server.stress.scenarios import beside, damaged, fuzz, soak, start, stops, swaps
from bench.server.stress.scenarios.overload import Answers
from bench.server.stress.table import promises

IMAGE = np.zeros((1, 28, 28), np.uint8)


@pytest.fixture
def model(exported_once: Path) -> str:
    """Return the name of the one model."""
    (name,) = (path.name for path in exported_once.iterdir() if path.is_dir())
    return name


def test_damaged_models_are_refused_by_name(exported_once: Path, model: str) -> None:
    """Every kind of damage, and the older version of a model whose newest is damaged is served."""
    figures = damaged.run(exported_once, model)

    assert all(promises("damaged", figures).values()), figures
    assert "golden logits differ" in figures["refused"]["weights-changed-sums-too 1"]


def test_a_start_is_timed(exported_once: Path) -> None:
    """Torch is never loaded; how long it took is for a quiet machine to say."""
    figures = start.run(exported_once, 1)

    assert promises("start", figures)["no torch"]
    assert figures["models"] == len(figures["ready_seconds"]) == 1
    assert figures["rss_mb"] > 10


def test_a_stop_loses_no_request(exported_once: Path, model: str) -> None:
    """Under load, with the exit status 0."""
    figures = stops.run(exported_once, model, 1)

    assert all(promises("stops", figures).values()), figures
    assert figures["requests"] > stops.CLIENTS


def test_a_swap_loses_no_request(exported_once: Path, model: str, tmp_path: Path) -> None:
    """Each answer is that of the version that it names."""
    for name in (model, "other"):
        put_version(exported_once / model / "1", tmp_path / name, 1)

    figures = swaps.run(tmp_path, model, "other", 2)

    assert all(promises("swaps", figures).values()), figures


def test_a_model_beside_another_is_answered(exported_once: Path, model: str) -> None:
    """Here beside itself: that is no slow one, and the figures are there."""
    figures = beside.run(exported_once, model, model, 0.3)

    assert promises("beside", figures)["all of them 200"]
    assert figures["slow_run_seconds"] > 0


def test_broken_requests_break_nothing(exported_once: Path, model: str) -> None:
    """No 5xx, right answers between."""
    figures = fuzz.run(exported_once, model, 1000, seed=1)

    assert (figures["failed"], figures["alive"]) == (0, True), figures["failures"]
    assert figures["good_requests_between"] >= 2
    assert set(figures["answers"]) >= {"400", "404", "405"}


def test_everything_mixed_is_answered(exported_once: Path, model: str) -> None:
    """For a few seconds here; the memory's promise needs minutes."""
    figures = soak.run(exported_once, model, 0.05)

    assert promises("soak", figures)["no 5xx, all answered"], figures
    assert figures["requests"] > 100


def test_broken_requests_come_again_with_their_seed() -> None:
    """Another seed makes others."""
    first, again, other = (list(islice(Generator("net", IMAGE, seed), 200)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_a_wrong_answer_is_noticed() -> None:
    """The wrong id, logits of another version, an error."""
    clients = Clients(0, "net", IMAGE[None], {"1": np.zeros((1, 2), np.float32), "2": np.ones((1, 2), np.float32)})

    def judge(status: int, **said: Any) -> None:  # noqa: ANN401 - fields of an answer
        logits = {"name": "logits", "data": [0.0, 0.0]}
        body = {"id": "a", "model_version": "1", "outputs": [logits], **said}
        clients._judge(Answer(status, b"", json.dumps(body).encode()), "a", 0)  # noqa: SLF001 - what this is about

    clients.account.sent.add("a")
    judge(200)
    assert (clients.account.wrong, clients.account.not_once) == ([], [])
    judge(200, id="b")
    judge(200, model_version="2")
    judge(500)
    assert len(clients.account.wrong) == 3
    assert clients.account.not_once == ["a"]


def test_percentiles_are_of_one_status() -> None:
    """None where nothing was answered so."""
    answers = Answers()
    answers.add(200, 1.0)
    answers.add(429, 9.0)

    assert answers.percentile(200, 0.99) == 1.0
    assert answers.percentile(504, 0.99) is None


def test_the_command_adds_its_figures_to_the_file(
    exported_once: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of other trials stay."""
    file = tmp_path / "fire.json"
    file.write_text('{"fuzz": {}}', "utf-8")

    assert main(["stress", "damaged", "--repository", str(exported_once), "--model", model, "--json", str(file)]) == 0

    assert set(json.loads(file.read_text("utf-8"))) == {"fuzz", "damaged"}
    assert "`damaged`" in capsys.readouterr().out


def test_what_is_answered_too_late_is_late() -> None:
    """By its status, or by the client's clock; what was refused is not."""
    answers = Answers()
    for status, seconds in ((200, 1.9), (200, 2.1), (504, 2.0), (429, 9.0)):
        answers.add(status, seconds)

    assert answers.late(2.0) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["damaged", "--model", "nobody"], "has no version"),
        (["stops", "--count", "0"], "--count is 0: it must be at least 1"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], message: str, exported_once: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, with the exit status 2."""
    assert main(["stress", *words, "--repository", str(exported_once)]) == 2
    assert message in capsys.readouterr().err


def test_what_is_no_answer_is_not_a_right_one() -> None:
    """However it is broken: it is counted, and the trial goes on."""
    right = np.zeros(10, np.float32)
    head = b'{"outputs":[{"name":"logits","parameters":{"binary_data_size":40}}]}'

    assert Answer(200, b"", head + right.tobytes()).says(right)
    assert not Answer(200, b"", head + (right + 1).tobytes()).says(right)
    assert not Answer(503, b"", head + right.tobytes()).says(right)
    for body in (b"", b"{}", b"<html>", b'{"outputs":[{"name":"logits","data":[0]}]}', head + b"xyz"):
        assert not Answer(200, b"", body).says(right)


def test_neighbours_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """They use the cores while they are there, and none is left at the end."""
    monkeypatch.setattr(neighbours, "QUIET_SECONDS", 0.01)
    monkeypatch.setattr(neighbours, "BUSY_SECONDS", 0.2)
    before, children = os.times(), psutil.Process().children()

    with neighbours.bursts(2):
        time.sleep(0.5)

    after = os.times()
    assert after.children_user - before.children_user > 0.1
    assert psutil.Process().children() == children


@pytest.mark.parametrize("content", ["[]", "{", '{"fuzz": 1}'])
def test_a_file_of_something_else_is_refused_before_anything_is_measured(
    content: str, exported_once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the file, which stays as it was."""
    file = tmp_path / "fire.json"
    file.write_text(content, "utf-8")

    assert main(["stress", "damaged", "--repository", str(exported_once), "--json", str(file)]) == 2
    assert f"{file}: " in capsys.readouterr().err
    assert file.read_text("utf-8") == content


def test_a_gap_in_the_looks_at_the_memory_is_bridged() -> None:
    """On a busy machine a part of a soak may pass without one: the look nearest to it counts."""
    gap = soak.Soak.__new__(soak.Soak)  # without a server
    gap.memory = [(1.0, 100.0), (15.0, 110.0), (29.5, 120.0), (29.9, 130.0)]

    assert (gap.memory_at(0.25, 30), gap.memory_at(1.0, 30)) == (100.0, 125.0)
