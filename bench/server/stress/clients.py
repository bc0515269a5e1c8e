"""Clients that ask one after the other, each request with an id of its own, and keep account of every answer."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.server.golden import Floats, Pixels, alike
from bench.server.stress.client import OK, Answer, Client, connected, inference

SHOWN = 20  # failures that a record holds


@dataclass
class Account:
    """The requests that were sent and the answers that came back.

    Attributes:
        sent: ids of requests that left.
        answered: number of answers by id.
        wrong: one sentence per answer that was not right.
        versions: answers by model version.
        seconds: latencies of all requests that were answered.
        resets: connections that the server reset.
    """

    sent: set[str] = field(default_factory=set)
    answered: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    resets: int = 0

    @property
    def not_once(self) -> list[str]:
        """Ids that were not answered exactly once."""
        return [identity for identity in self.sent if self.answered.get(identity, 0) != 1]


class Clients:
    """Clients of one model.

    Args:
        port: the server's, on loopback.
        model: the model's name.
        images: sent in turns, (n, channels, height, width).
        logits: the right ones by version, (n, classes).
    """

    def __init__(self, port: int, model: str, images: Pixels, logits: dict[str, Floats]) -> None:
        self.port, self.model, self.images, self.logits = port, model, images, logits
        self.account = Account()
        self.stopping = asyncio.Event()
        self._numbers = itertools.count()

    async def run(self, count: int) -> None:
        """Ask with so many clients until `stopping` is set, or until the server takes no more connections."""
        await asyncio.gather(*(self._work() for _ in range(count)))

    async def turn(self, count: int, seconds: float) -> list[float]:
        """Ask with so many clients for some seconds; return how long each request took."""
        self.stopping.clear()
        self.account.seconds.clear()
        working = asyncio.ensure_future(self.run(count))
        await asyncio.sleep(seconds)
        self.stopping.set()
        await working
        return list(self.account.seconds)

    async def _work(self) -> None:
        """Ask on one connection after the other: on each until the server says that it closes."""
        while not self.stopping.is_set():
            try:
                async with connected(self.port) as client:
                    while not self.stopping.is_set():
                        answer = await self._ask(client)
                        if answer is None or answer.closes:
                            self.account.resets += client.reset
                            break
            except ConnectionRefusedError:
                return
            except ConnectionError:
                self.account.resets += 1

    async def _ask(self, client: Client) -> Answer | None:
        number = next(self._numbers)
        identity, place = f"request-{number}", number % len(self.images)
        self.account.sent.add(identity)
        start = time.monotonic()
        answer = await client.ask(inference(self.model, self.images[place], identity))
        if answer is not None:
            self.account.seconds.append(time.monotonic() - start)
            self._judge(answer, identity, place)
        return answer

    def _judge(self, answer: Answer, identity: str, place: int) -> None:
        """Count an answer by its own id, and look whether it is that of the image and of the version that it names."""
        content = answer.json()
        if answer.status != OK:
            self.account.wrong.append(f"{identity}: {answer.status} {content}")
            self.account.answered[identity] = self.account.answered.get(identity, 0) + 1
            return
        said, version = str(content["id"]), str(content["model_version"])
        self.account.answered[said] = self.account.answered.get(said, 0) + 1
        self.account.versions[version] = self.account.versions.get(version, 0) + 1
        if said != identity:
            self.account.wrong.append(f"{identity} was answered with the id {said}")
        elif not alike(answer.logits(), self.logits[version][place]):
            self.account.wrong.append(f"{identity}: version {version} does not answer so")


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return p50, p99 and the longest, in milliseconds."""
    p50, p99, most = (round(1e3 * float(quantile), 3) for quantile in np.quantile(seconds, [0.5, 0.99, 1.0]))
    return {"p50_ms": p50, "p99_ms": p99, "longest_ms": most}
