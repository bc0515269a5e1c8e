"""Ten times what the server can do, for a minute: admitted requests in time, most of the capacity used, the rest 429.

The capacity is measured first, by clients that each wait for their answer. The overload is an open loop: requests leave
at their times whatever became of those before. Requests are raw images, answers are counted by the client: status, and
seconds since the request left. Other programs may come and go on the same cores meanwhile.
"""

import asyncio
import json
import statistics
import time
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httptools
import numpy as np
import uvloop

from bench.harness.errors import UserError
from bench.server.golden import golden, newest
from bench.server.our_server import started
from bench.server.stress.client import raw_inference
from bench.server.stress.neighbours import BUSY_SECONDS, QUIET_SECONDS, bursts

CLOSED_CONNECTIONS = 64  # of the capacity's measurement
OPEN_CONNECTIONS = 1500  # one request each: on a busy one the next answer would wait for the last
BURST_SECONDS = 0.01  # requests leave in bursts this far apart
LEAST_SECONDS_AN_IMAGE = 0.005
TOO_FAST = """{model} takes {ms:.1f} ms of CPU a request: the clients would need more of the machine than the server. \
One of 5 ms and more is needed: `python -m bench train resnet18 -o stem=cifar -r resize=32`, then export it"""
OK, TOO_MANY, LATE = 200, 429, 504


class Sender(asyncio.Protocol):
    """A connection that sends when it is told to and notes the answers."""

    def __init__(self, answered: "Answers") -> None:
        self.answered = answered
        self.sent: deque[float] = deque()  # times of the requests under way
        self.transport: asyncio.Transport | None = None
        self.parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]  # TCP gives a Transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Count what got no answer."""
        del exc
        self.answered.lost += len(self.sent)
        self.transport = None

    def send(self, request: bytes) -> bool:
        """Send a request; False where one is under way."""
        if self.transport is None or self.sent:
            return False
        self.sent.append(time.monotonic())
        self.transport.write(request)
        return True

    def data_received(self, data: bytes) -> None:
        """Read answers."""
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Note an answer."""
        self.answered.add(self.parser.get_status_code(), time.monotonic() - self.sent.popleft())
        self.answered.ready(self)


class Answers:
    """The answers that came back.

    Args:
        request: sent again at once where the loop is closed; None where it is open.
    """

    def __init__(self, request: bytes | None = None) -> None:
        self.request = request
        self.statuses: Counter[int] = Counter()
        self.seconds: dict[int, list[float]] = {}
        self.lost = 0

    def add(self, status: int, seconds: float) -> None:
        """Count one."""
        self.statuses[status] += 1
        self.seconds.setdefault(status, []).append(seconds)

    def ready(self, sender: Sender) -> None:
        """Send the next where the loop is closed."""
        if self.request is not None:
            sender.send(self.request)

    def percentile(self, status: int, share: float) -> float | None:
        """Return the seconds within which a share of the answers of a status came, None where there are none."""
        seconds = self.seconds.get(status)
        return float(np.quantile(seconds, share)) if seconds else None

    def late(self, deadline: float) -> int:
        """Return how many admitted requests had no answer within so many seconds."""
        return sum(seconds > deadline for seconds in self.seconds.get(OK, [])) + self.statuses[LATE]


async def connect(port: int, count: int, answers: Answers) -> list[Sender]:
    """Return so many connections, whose answers go to one account."""
    loop = asyncio.get_running_loop()
    made = [loop.create_connection(lambda: Sender(answers), "127.0.0.1", port) for _ in range(count)]
    return [sender for _, sender in await asyncio.gather(*made)]


def disconnect(senders: Sequence[Sender]) -> None:
    """Close connections; what is under way on them is no longer waited for."""
    for sender in senders:
        sender.sent.clear()
        if sender.transport is not None:
            sender.transport.abort()


async def capacity(port: int, request: bytes, seconds: float) -> float:
    """Return the requests/s that clients get who each wait for their answer."""
    answers = Answers(request)
    senders = await connect(port, CLOSED_CONNECTIONS, answers)
    for sender in senders:
        sender.send(request)
    await asyncio.sleep(1.0)
    before = answers.statuses[OK]
    start = time.monotonic()
    await asyncio.sleep(seconds)
    rate = (answers.statuses[OK] - before) / (time.monotonic() - start)
    answers.request = None
    disconnect(senders)
    return rate


async def overload(port: int, request: bytes, rate: float, seconds: float, settle: float) -> tuple[Answers, int, int]:
    """Send so many requests a second; return the answers, how many left, and how many had no connection to leave by."""
    answers = Answers()
    senders = await connect(port, OPEN_CONNECTIONS, answers)
    start = time.monotonic()
    left = turn = skipped = 0
    while (now := time.monotonic() - start) < seconds:
        for _ in range(int(now * rate) - left - skipped):
            for _ in range(len(senders)):
                turn = (turn + 1) % len(senders)
                if senders[turn].send(request):
                    left += 1
                    break
            else:
                skipped += 1
        await asyncio.sleep(BURST_SECONDS)
    await asyncio.sleep(settle)
    answers.lost += sum(len(sender.sent) for sender in senders)
    disconnect(senders)
    return answers, left, skipped


def run(repository: Path, model: str, times: float, seconds: float, neighbours: int = 0) -> dict[str, Any]:
    """Return the figures of an overload.

    Args:
        repository: the models to serve.
        model: the model to ask, which takes at least 5 ms of CPU a request.
        times: requests per second, as a multiple of the capacity.
        seconds: duration of the overload.
        neighbours: programs that come and go on the same cores during the overload.

    Raises:
        UserError: the model is too fast: the clients would need more of the machine than the server.
    """
    version = newest(repository / model)
    images, _ = golden(version)
    request = raw_inference(model, images[:1])
    with started(repository, "--poll", "0") as ours:
        settings = _settings(ours.get(f"/v2/models/{model}/config"))
        before = uvloop.run(capacity(ours.port, request, seconds / 4))
        cost = ours.server.cpu_seconds()
        rate = times * before
        with bursts(neighbours):
            answers, left, skipped = uvloop.run(overload(ours.port, request, rate, seconds, 2 * settings))
        cost = ours.server.cpu_seconds() - cost
        after = uvloop.run(capacity(ours.port, request, seconds / 4))
        alive = ours.alive() and ours.ready()
    mean = statistics.mean((before, after))
    if cost / max(1, answers.statuses[OK]) < LEAST_SECONDS_AN_IMAGE:
        raise UserError(TOO_FAST.format(model=model, ms=1e3 * cost / max(1, answers.statuses[OK])))
    late = answers.late(settings)
    good = answers.statuses[OK] + answers.statuses[LATE] - late
    return {
        "model": model,
        "seconds": seconds,
        "deadline_seconds": settings,
        "capacity_before": round(before, 1),
        "capacity_after": round(after, 1),
        "asked_per_second": round(left / seconds, 1),
        "times_capacity": round(left / seconds / mean, 2),
        "requests": left,
        "not_sent": skipped,
        "answers": {str(status): count for status, count in sorted(answers.statuses.items())},
        "lost": answers.lost,
        "admitted_late": late,
        "goodput_per_second": round(good / seconds, 1),
        "goodput_share": round(good / seconds / mean, 3),
        "admitted_p99_seconds": answers.percentile(OK, 0.99),
        "refused_p50_seconds": answers.percentile(TOO_MANY, 0.5),
        "refused_p99_seconds": answers.percentile(TOO_MANY, 0.99),
        "server_cpu_seconds": round(cost, 1),
        "alive": alive,
        "neighbours": neighbours,
        "neighbours_busy_seconds": BUSY_SECONDS,
        "neighbours_quiet_seconds": QUIET_SECONDS,
    }


def _settings(config: bytes) -> float:
    """Return the seconds that the model gives a request."""
    policy = json.loads(config)["dynamic_batching"]["default_queue_policy"]
    return float(policy["default_timeout_microseconds"]) / 1e6
