"""Tests of bench.fire: small fires against a real server, and verdicts that can be no."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.fire import __main__ as command
from bench.fire import damaged, fuzz, soak, start, stops, swaps
from bench.fire.client import Answer
from bench.fire.load import Clients
from bench.fire.overload import Answers
from bench.fire.requests import Generator
from bench.fire.table import PROMISES, promises, table
from bench.fire.versions import put_version

IMAGE = np.zeros((1, 28, 28), np.uint8)
ENVIRONMENT = {"hardware": "machine", "cores": 2, "python": "3.11", "commit": "a" * 40}
LATENCIES = {"p50_ms": 1.0, "p99_ms": 2.0, "longest_ms": 3.0}
HELD: dict[str, dict[str, Any]] = {
    "start": {
        "turns": 2,
        "models": 10,
        "help_seconds": [0.1, 0.2],
        "help_median_seconds": 0.15,
        "ready_seconds": [1.0, 1.2],
        "ready_median_seconds": 1.1,
        "rss_mb": 200.0,
        "torch": False,
    },
    "fuzz": {
        "requests": 10,
        "seed": 0,
        "good_requests_between": 1,
        "answers": {"400": 10},
        "failed": 0,
        "alive": True,
        "rss_mb_at_a_fifth": 100.0,
        "rss_mb_at_the_end": 101.0,
    },
    "described": {"tester": "x==1", "operations": 21, "requests": 100, "passed": 100, "alive": True},
    "overload": {
        "seconds": 60,
        "times_capacity": 10.0,
        "capacity_before": 100.0,
        "capacity_after": 100.0,
        "answers": {"200": 9, "429": 90},
        "lost": 0,
        "admitted_late": 0,
        "goodput_per_second": 90.0,
        "goodput_share": 0.9,
        "admitted_p99_seconds": 1.5,
        "deadline_seconds": 2.0,
        "refused_p50_seconds": 0.001,
    },
    "stops": {
        "stops": 2,
        "clients": 8,
        "requests": 100,
        "not_answered_once": 0,
        "wrong": 0,
        "exit_statuses": ["0"],
        "longest_stop_seconds": 0.6,
    },
    "swaps": {
        "swaps": 2,
        "answered_by_the_new_version": 2,
        "clients": 8,
        "requests": 100,
        "not_answered_once": 0,
        "wrong": 0,
        **LATENCIES,
    },
    "slow": {
        "slow_clients": 500,
        "clients": 8,
        "turns": 5,
        "without": LATENCIES,
        "beside": LATENCIES,
        "p50_ratio": 1.0,
        "p99_ratio": 1.0,
        "not_answered_once": 0,
        "wrong": 0,
    },
    "soak": {
        "minutes": 30,
        "requests": 1000,
        "broken_requests": 10,
        "server_errors": 0,
        "unanswered": 0,
        "wrong": 0,
        "rss_mb_minute_5_of_30": 100.0,
        "rss_mb_minute_30_of_30": 101.0,
        "growth": 0.01,
    },
    "damaged": {
        "damages": 2,
        "refused": {"one 1": "why", "two 1": "why"},
        "served": ["good 1"],
        "served_as_they_should": True,
        "answers_right": True,
        "alive": True,
    },
}


@pytest.fixture
def model(exported_once: Path) -> str:
    """Return the name of the one model."""
    (found,) = (path.name for path in exported_once.iterdir() if path.is_dir())
    return found


def test_damaged_models_are_refused_by_name(exported_once: Path, model: str) -> None:
    """Every kind of damage, and the older version of a model whose newest is damaged is served."""
    found = damaged.run(exported_once, model)

    assert all(promises("damaged", found).values()), found
    assert "golden logits differ" in found["refused"]["weights-changed-sums-too 1"]


def test_a_start_is_timed(exported_once: Path) -> None:
    """Torch is never loaded; how long it took is for a quiet machine to say."""
    found = start.run(exported_once, 1)

    assert promises("start", found)["no torch"]
    assert found["models"] == len(found["ready_seconds"]) == 1
    assert found["rss_mb"] > 10


def test_a_stop_loses_no_request(exported_once: Path, model: str) -> None:
    """Under load, with the exit status 0."""
    found = stops.run(exported_once, model, 1)

    assert all(promises("stops", found).values()), found
    assert found["requests"] > stops.CLIENTS


def test_a_swap_loses_no_request(exported_once: Path, model: str, tmp_path: Path) -> None:
    """Each answer is that of the version that it names."""
    for name in (model, "other"):
        put_version(exported_once / model / "1", tmp_path / name, 1)

    found = swaps.run(tmp_path, model, "other", 2)

    assert all(promises("swaps", found).values()), found


def test_broken_requests_break_nothing(exported_once: Path, model: str) -> None:
    """No 5xx, right answers between."""
    found = fuzz.run(exported_once, model, 1000, seed=1)

    assert (found["failed"], found["alive"]) == (0, True), found["failures"]
    assert found["good_requests_between"] >= 2
    assert set(found["answers"]) >= {"400", "404", "405"}


def test_everything_mixed_is_answered(exported_once: Path, model: str) -> None:
    """For a few seconds here; the memory's promise needs minutes."""
    found = soak.run(exported_once, model, 0.05)

    assert promises("soak", found)["no 5xx, all answered"], found
    assert found["requests"] > 100


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


@pytest.mark.parametrize("trial", PROMISES)
def test_what_held_is_told(trial: str) -> None:
    """With what was done and measured."""
    found = {**HELD[trial], "model": "net", "environment": ENVIRONMENT}

    text = table({trial: found})

    assert all(promises(trial, found).values())
    assert "yes" in text
    assert "NO" not in text
    assert "machine, 2 cores" in text


@pytest.mark.parametrize(
    ("trial", "change"),
    [
        ("start", {"help_median_seconds": 0.3}),
        ("start", {"ready_median_seconds": 2.0}),
        ("start", {"torch": True}),
        ("fuzz", {"failed": 1}),
        ("fuzz", {"alive": False}),
        ("fuzz", {"rss_mb_at_the_end": 103.0}),
        ("described", {"passed": 99}),
        ("overload", {"admitted_late": 1}),
        ("overload", {"answers": {"200": 9, "504": 1}}),
        ("overload", {"goodput_share": 0.79}),
        ("overload", {"lost": 1}),
        ("stops", {"not_answered_once": 1}),
        ("stops", {"exit_statuses": ["0", "None"]}),
        ("swaps", {"wrong": 1}),
        ("swaps", {"answered_by_the_new_version": 1}),
        ("slow", {"p99_ratio": 2.1}),
        ("soak", {"growth": 0.021}),
        ("soak", {"server_errors": 1}),
        ("damaged", {"refused": {}}),
        ("damaged", {"served_as_they_should": False}),
    ],
)
def test_what_did_not_hold_is_told(trial: str, change: dict[str, Any]) -> None:
    """Each promise by itself."""
    found = {**HELD[trial], **change, "model": "net", "environment": ENVIRONMENT}

    assert list(promises(trial, found).values()).count(False) == 1
    assert "NO" in table({trial: found})


def test_the_command_adds_its_figures_to_the_file(
    exported_once: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of other trials stay."""
    file = tmp_path / "fire.json"
    file.write_text('{"fuzz": {}}', "utf-8")

    command.main(["damaged", "--repository", str(exported_once), "--model", model, "--json", str(file)])

    assert set(json.loads(file.read_text("utf-8"))) == {"fuzz", "damaged"}
    assert "`damaged`" in capsys.readouterr().out


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
    with pytest.raises(SystemExit) as ended:
        command.main([*words, "--repository", str(exported_once)])

    assert ended.value.code == 2
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
