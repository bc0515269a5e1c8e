"""Clients that want much memory and time: the others must not wait more than twice as long, and memory has its budget.

Forty send a body but for its last byte, eight send gRPC messages of 31 MB, four send pictures of 16 million pixels. The
others ask one after the other. Both cases, with and without hogs, take turns; who was answered comes again in the next.
"""

import asyncio
import contextlib
import io
import multiprocessing
import random
import statistics
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import psutil
from PIL import Image
from tritonclient.grpc import service_pb2 as messages
from tritonclient.grpc import service_pb2_grpc as services

from bench.harness.machine.turns import rotated
from bench.server.golden import golden, newest
from bench.server.our_server import started
from bench.server.process import free_port
from bench.server.stress.client import connected, post
from bench.server.stress.clients import SHOWN, Clients, quantiles

CLIENTS = 8
TURN_SECONDS = 4.0
START_SECONDS = 5.0  # until all hogs are there
BODIES, BODY_BYTES = 40, 16_000_000
MESSAGES, MESSAGE_BYTES = 8, 31_000_000
PICTURES, PICTURE_SIDE = 4, 4000
BODY_MEMORY_MB = 128  # what the server is given
LOOK_SECONDS = 0.02  # between looks at its memory


async def _body(port: int, model: str) -> None:
    """Send all of a picture but its last byte; wait until the server closes."""
    async with connected(port) as client:
        client.send(post(f"/v2/models/{model}/classify", bytes(BODY_BYTES))[:-1])
        await client.writer.drain()
        await client.reader.read()


async def _message(port: int, model: str) -> None:
    """Send a large message."""
    request = messages.ModelInferRequest(model_name=model)
    request.raw_input_contents.append(bytes(MESSAGE_BYTES))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        await services.GRPCInferenceServiceStub(channel).ModelInfer(request)


async def _picture(port: int, model: str, content: bytes) -> None:
    """Send a large picture."""
    async with connected(port) as client:
        await client.ask(post(f"/v2/models/{model}/classify", content))


async def _again(hog: Callable[[], Awaitable[None]]) -> None:
    """Be one hog after the other, whatever becomes of each; from some moment of a turn on, once in a turn."""
    await asyncio.sleep(random.uniform(0, TURN_SECONDS))  # noqa: S311 - no secret
    while True:
        with contextlib.suppress(ConnectionError, grpc.RpcError):
            await hog()
        await asyncio.sleep(TURN_SECONDS)


def hogs(port: int, grpc_port: int, model: str) -> None:
    """Be all of them, in a process of their own: the others' clients shall wait for the server alone."""
    bomb = _bomb()
    kinds: list[tuple[int, Callable[[], Awaitable[None]]]] = [
        (BODIES, partial(_body, port, model)),
        (MESSAGES, partial(_message, grpc_port, model)),
        (PICTURES, partial(_picture, port, model, bomb)),
    ]

    async def main() -> None:
        await asyncio.gather(*(_again(hog) for count, hog in kinds for _ in range(count)))

    asyncio.run(main())


def _bomb() -> bytes:
    """Return a small file of a large picture."""
    file = io.BytesIO()
    Image.new("RGB", (PICTURE_SIDE, PICTURE_SIDE), "red").save(file, "PNG")
    return file.getvalue()


async def _highest(pid: int, highest: list[int]) -> None:
    """Look at a process' memory until this is cancelled; keep the most that it had."""
    process = psutil.Process(pid)
    while True:
        highest[0] = max(highest[0], process.memory_info().rss)
        await asyncio.sleep(LOOK_SECONDS)


async def _turn(clients: Clients, grpc_port: int, *, beside: bool) -> list[float]:
    """Return the seconds of the others' requests, with hogs beside them or without."""
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=hogs, args=(clients.port, grpc_port, clients.model), daemon=True)
    if beside:
        process.start()
    await asyncio.sleep(START_SECONDS)
    seconds = await clients.turn(CLIENTS, TURN_SECONDS)
    if beside:
        process.kill()
        process.join()
    return seconds


async def _measure(
    clients: Clients, grpc_port: int, pid: int, turns: int
) -> tuple[dict[bool, list[list[float]]], tuple[float, float]]:
    seconds: dict[bool, list[list[float]]] = {False: [], True: []}
    rest = psutil.Process(pid).memory_info().rss
    highest = [rest]
    looking = asyncio.ensure_future(_highest(pid, highest))
    for turn in range(turns):
        for beside in rotated((False, True), turn):
            seconds[beside].append(await _turn(clients, grpc_port, beside=beside))
    looking.cancel()
    return seconds, (rest / 1e6, highest[0] / 1e6)


def run(repository: Path, model: str, turns: int) -> dict[str, Any]:
    """Return the latencies of the others with and without hogs, and the server's memory at rest and at its highest."""
    version = newest(repository / model)
    images, logits = golden(version)
    grpc_port = free_port()
    options = ("--poll", "0", "--grpc-port", str(grpc_port), "--body-memory", str(BODY_MEMORY_MB))
    with started(repository, *options) as ours:
        clients = Clients(ours.port, model, images, {version.name: logits})
        pid = ours.server.process.pid
        seconds, (rest, highest) = asyncio.run(_measure(clients, grpc_port, pid, turns))
        alive = ours.alive() and ours.ready()
    ratios = [
        float(np.quantile(beside, 0.99) / np.quantile(without, 0.99))
        for without, beside in zip(seconds[False], seconds[True], strict=True)
    ]
    return {
        "bodies": BODIES,
        "messages": MESSAGES,
        "pictures": PICTURES,
        "turns": turns,
        "clients": CLIENTS,
        "requests": sum(len(turn) for both in seconds.values() for turn in both),
        "without": quantiles([value for turn in seconds[False] for value in turn]),
        "beside": quantiles([value for turn in seconds[True] for value in turn]),
        "p99_ratio": round(statistics.median(ratios), 2),
        "p99_ratios": [round(ratio, 2) for ratio in ratios],
        "body_memory_mb": BODY_MEMORY_MB,
        "rss_mb_at_rest": round(rest, 1),
        "rss_mb_at_most": round(highest, 1),
        "not_answered_once": len(clients.account.not_once),
        "wrong": len(clients.account.wrong),
        "failures": clients.account.wrong[:SHOWN],
        "alive": alive,
    }
