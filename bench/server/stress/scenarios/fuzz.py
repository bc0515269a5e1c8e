"""A hundred thousand broken requests: no crash, no 5xx but 501 and 503, memory flat, good requests right."""

import asyncio
import contextlib
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

from bench.server.golden import golden, newest
from bench.server.our_server import Ours, started
from bench.server.stress.broken_requests import Broken, Generator
from bench.server.stress.client import connected, raw_inference
from bench.server.stress.clients import SHOWN

CONNECTIONS = 16
WARM_SHARE = 0.2  # of the requests that come before memory is looked at first
CHECK_EVERY = 500
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
SERVER_ERROR, MAY_BE_SAID = 500, (501, 503)  # a transfer coding that is not taken, too much at once


class Fuzz:
    """Sends broken requests and counts the answers.

    Args:
        ours: the server.
        model: the model's name.
        version: folder of the version that answers.
        requests: number of broken requests.
        seed: the generator's.
    """

    def __init__(self, ours: Ours, model: str, version: Path, requests: int, seed: int) -> None:
        self.ours, self.model, self.requests = ours, model, requests
        self.images, self.logits = golden(version)
        self.broken = islice(Generator(model, self.images[0], seed), requests)
        self.statuses: Counter[str] = Counter()
        self.failures: list[str] = []
        self.sent = self.good = 0
        self.memory: list[float] = []

    async def run(self) -> None:
        """Send them all over several connections at a time."""
        await asyncio.gather(*(self._work() for _ in range(CONNECTIONS)))
        self.memory.append(self.ours.rss_mb())

    async def _work(self) -> None:
        for broken in self.broken:
            self.sent += 1
            if self.sent == int(WARM_SHARE * self.requests):
                self.memory.append(self.ours.rss_mb())
            await self._send(broken)
            if self.sent % CHECK_EVERY == 0:
                await self._check()

    async def _send(self, broken: Broken) -> None:
        """Send a request, say that nothing follows, and read until the server ends the connection."""
        try:
            async with connected(self.ours.port) as client:
                client.send(broken.content)
                with contextlib.suppress(OSError):
                    client.writer.write_eof()
                said = await client.rest()
        except ConnectionError:
            said = b""
        statuses = [int(status) for status in STATUS.findall(said)]
        self.statuses.update([str(status) for status in statuses] or ["closed unanswered"])
        wrong = [status for status in statuses if status >= SERVER_ERROR and status not in MAY_BE_SAID]
        if wrong:
            self.failures.append(f"{wrong} to {broken.kind}: {broken.content[:300]!r}")

    async def _check(self) -> None:
        """Ask something good: the answer must be right."""
        place = self.good % len(self.images)
        async with connected(self.ours.port) as client:
            answer = await client.ask(raw_inference(self.model, self.images[place : place + 1]))
        self.good += 1
        if answer is None or not answer.says(self.logits[place]):
            self.failures.append(f"a good request was answered {answer}")


def run(repository: Path, model: str, requests: int, seed: int) -> dict[str, Any]:
    """Return the figures of so many broken requests."""
    with started(repository) as ours:
        fuzz = Fuzz(ours, model, newest(repository / model), requests, seed)
        asyncio.run(fuzz.run())
        alive = ours.alive() and ours.ready()
    first, last = fuzz.memory
    return {
        "requests": fuzz.sent,
        "seed": seed,
        "answers": dict(sorted(fuzz.statuses.items())),
        "good_requests_between": fuzz.good,
        "failed": len(fuzz.failures),
        "failures": fuzz.failures[:SHOWN],
        "alive": alive,
        "rss_mb_at_a_fifth": round(first, 1),
        "rss_mb_at_the_end": round(last, 1),
    }
