"""Five hundred clients that take their time: the others must not wait more than twice as long.

A slow client sends a head a byte at a time, or a body, or reads nothing of what it asked for. The others ask one after
the other. Both cases, with and without slow clients, take turns.
"""

import asyncio
import contextlib
import statistics
from pathlib import Path
from typing import Any

import numpy as np

from bench.harness.machine.turns import rotated
from bench.server.golden import Pixels, golden, newest
from bench.server.our_server import started
from bench.server.stress.client import connected, get, raw_inference
from bench.server.stress.clients import SHOWN, Clients, quantiles

CLIENTS = 8
TURN_SECONDS = 4.0
PAUSE_SECONDS = 0.5  # between the bytes of a slow client
UNREAD = 16  # requests whose answers are not read: as many as the server takes before it answers


async def _slow(port: int, request: bytes, kind: int) -> None:
    """Be one slow client for as long as the server allows, then the next."""
    while True:
        with contextlib.suppress(ConnectionError):
            async with connected(port) as client:
                head = request.index(b"\r\n\r\n") + 4
                if kind == 0:  # the head, a byte at a time
                    parts = [request[place : place + 1] for place in range(head)]
                elif kind == 1:  # the body, a byte at a time
                    parts = [request[:head], *(request[place : place + 1] for place in range(head, len(request)))]
                else:  # reads nothing
                    client.reader._transport.pause_reading()  # type: ignore[attr-defined]  # noqa: SLF001 - no public way
                    parts = [get("/page.js") * UNREAD, *[b""] * 100]
                for part in parts:
                    client.send(part)
                    await client.writer.drain()
                    await asyncio.sleep(PAUSE_SECONDS)


async def _turn(clients: Clients, slow: int, request: bytes) -> list[float]:
    """Return the seconds of the others' requests while so many are slow."""
    crawling = [asyncio.ensure_future(_slow(clients.port, request, place % 3)) for place in range(slow)]
    await asyncio.sleep(1.0)  # until all are there
    seconds = await clients.turn(CLIENTS, TURN_SECONDS)
    for client in crawling:
        client.cancel()
    await asyncio.gather(*crawling, return_exceptions=True)
    return seconds


async def _measure(
    clients: Clients, slow: int, images: Pixels, turns: int
) -> tuple[list[list[float]], list[list[float]]]:
    request = raw_inference(clients.model, images[:1])
    without: list[list[float]] = []
    beside: list[list[float]] = []
    for turn in range(turns):
        for count in rotated((0, slow), turn):
            (beside if count else without).append(await _turn(clients, count, request))
    return without, beside


def run(repository: Path, model: str, slow: int, turns: int) -> dict[str, Any]:
    """Return the latencies of the others with and without so many slow clients."""
    version = newest(repository / model)
    images, logits = golden(version)
    with started(repository, "--poll", "0") as ours:
        clients = Clients(ours.port, model, images, {version.name: logits})
        without, beside = asyncio.run(_measure(clients, slow, images, turns))
        alive = ours.alive() and ours.ready()
    ratios = {
        share: [float(np.quantile(b, share) / np.quantile(a, share)) for a, b in zip(without, beside, strict=True)]
        for share in (0.5, 0.99)
    }
    return {
        "slow_clients": slow,
        "turns": turns,
        "clients": CLIENTS,
        "requests": sum(map(len, without)) + sum(map(len, beside)),
        "without": quantiles([seconds for turn in without for seconds in turn]),
        "beside": quantiles([seconds for turn in beside for seconds in turn]),
        "p50_ratio": round(statistics.median(ratios[0.5]), 2),
        "p99_ratio": round(statistics.median(ratios[0.99]), 2),
        "p50_ratios": [round(ratio, 2) for ratio in ratios[0.5]],
        "p99_ratios": [round(ratio, 2) for ratio in ratios[0.99]],
        "not_answered_once": len(clients.account.not_once),
        "wrong": len(clients.account.wrong),
        "failures": clients.account.wrong[:SHOWN],
        "alive": alive,
    }
