"""SIGTERM under clients that connect again, many times: every request that left is answered once, nothing is reset."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

from bench.server.golden import golden, newest
from bench.server.our_server import Ours, started
from bench.server.stress.clients import SHOWN, Clients, quantiles

CLIENTS = 32
LOAD_SECONDS = 0.5  # before the signal
EXIT_SECONDS = 20.0


async def _stop_under_load(ours: Ours, clients: Clients) -> float:
    """Return the seconds from the signal until the process has ended."""
    working = asyncio.ensure_future(clients.run(CLIENTS))
    await asyncio.sleep(LOAD_SECONDS)
    ours.signal(signal.SIGTERM)
    start = time.monotonic()
    await working
    await asyncio.to_thread(ours.server.process.wait, EXIT_SECONDS)
    return time.monotonic() - start


def run(repository: Path, model: str, count: int) -> dict[str, Any]:
    """Return the figures of so many stops."""
    version = newest(repository / model)
    images, logits = golden(version)
    requests, not_once, resets, statuses = 0, 0, 0, []
    wrong: list[str] = []
    latencies: list[float] = []
    ends: list[float] = []
    for _ in range(count):
        with started(repository, "--poll", "0") as ours:
            clients = Clients(ours.port, model, images, {version.name: logits})
            ends.append(asyncio.run(_stop_under_load(ours, clients)))
            statuses.append(ours.server.process.poll())
        requests += len(clients.account.sent)
        not_once += len(clients.account.not_once)
        resets += clients.account.resets
        wrong += clients.account.wrong
        latencies += clients.account.seconds
    return {
        "stops": count,
        "clients": CLIENTS,
        "requests": requests,
        "not_answered_once": not_once,
        "resets": resets,
        "wrong": len(wrong),
        "failures": wrong[:SHOWN],
        "exit_statuses": sorted({str(status) for status in statuses}),
        "longest_stop_seconds": round(max(ends), 2),
        **quantiles(latencies),
    }
