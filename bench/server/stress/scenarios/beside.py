"""A fast model beside a slow one, one worker: the fast one must not wait for more than the run that goes on.

Two clients of each ask one after the other. What a run of the slow one takes is told by the server's statistics.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import uvloop

from bench.server.golden import golden, newest
from bench.server.our_server import Ours, started
from bench.server.stress.client import raw_inference
from bench.server.stress.scenarios.overload import OK, Answers, connect, disconnect

CLIENTS = 2  # of each model


async def _together(port: int, requests: list[bytes], seconds: float) -> list[Answers]:
    """Return the answers of each request's clients, who ask at the same time."""
    answers = [Answers(request) for request in requests]
    senders = [await connect(port, CLIENTS, into) for into in answers]
    for group, request in zip(senders, requests, strict=True):
        for sender in group:
            sender.send(request)
    await asyncio.sleep(seconds)
    for group in senders:
        disconnect(group)
    return answers


def run(repository: Path, fast: str, slow: str, seconds: float) -> dict[str, Any]:
    """Return the figures of a fast model's answers, alone and beside a slow model's.

    Args:
        repository: the models to serve.
        fast: the model that must not wait.
        slow: the model that takes long.
        seconds: duration of each of the two loads.
    """
    requests = [raw_inference(model, golden(newest(repository / model))[0][:1]) for model in (fast, slow)]
    with started(repository, "--poll", "0", "--workers", "1") as ours:
        (alone,) = uvloop.run(_together(ours.port, requests[:1], seconds))
        quick, other = uvloop.run(_together(ours.port, requests, seconds))
        slow_run = _seconds_a_run(ours, slow)
    return {
        "slow_model": slow,
        "clients": CLIENTS,
        "seconds": seconds,
        "slow_run_seconds": slow_run,
        "alone_p99_seconds": alone.percentile(OK, 0.99),
        "p50_seconds": quick.percentile(OK, 0.5),
        "p99_seconds": quick.percentile(OK, 0.99),
        "answers": {str(status): count for status, count in sorted(quick.statuses.items())},
        "slow_answers": {str(status): count for status, count in sorted(other.statuses.items())},
    }


def _seconds_a_run(ours: Ours, model: str) -> float:
    """Return the mean seconds of a run, by the statistics extension."""
    (row,) = json.loads(ours.get(f"/v2/models/{model}/stats"))["model_stats"]
    nanoseconds, runs = row["inference_stats"]["compute_infer"]["ns"], row["execution_count"]
    return float(nanoseconds / 1e9 / max(1, runs))
