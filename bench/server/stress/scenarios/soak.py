"""Half an hour of everything mixed: the memory at the end is that of the fifth minute."""

import asyncio
import contextlib
import io
import itertools
import statistics
import time
from pathlib import Path
from typing import Any

from PIL import Image

from bench.server.golden import Pixels, golden, newest
from bench.server.our_server import Ours, started
from bench.server.stress.broken_requests import Generator
from bench.server.stress.client import connected, get, inference, post, raw_inference
from bench.server.stress.clients import SHOWN, Clients, quantiles

CLIENTS = 8
SAMPLE_SECONDS = 5.0
PATHS = (
    "/",
    "/models",
    "/metrics",
    "/openapi.json",
    "/v2",
    "/v2/models/stats",
    "/v2/models/nobody",
    "/v2/health/ready",
)
NEW_CONNECTION_EVERY = 50  # requests


def _png(image: Pixels) -> bytes:
    with io.BytesIO() as file:
        Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0)).save(file, "PNG")
        return file.getvalue()


def mixture(model: str, images: Pixels) -> list[bytes]:
    """Return requests of every kind: one image raw and as JSON, several, pictures, pages, figures."""
    few = images[: min(8, len(images))]
    several = raw_inference(model, few)
    picture = post(f"/v2/models/{model}/classify", _png(images[0]), "content-type: image/png")
    kinds = [raw_inference(model, images[:1])] * 8 + [inference(model, images[1], "x")] * 4
    return [*kinds, several, several, picture, *map(get, PATHS)]


class Soak:
    """The mixed load.

    Args:
        ours: the server.
        model: the model's name.
        images: images to send, (n, channels, height, width).
    """

    def __init__(self, ours: Ours, model: str, images: Pixels) -> None:
        self.ours = ours
        self.requests = mixture(model, images)
        self.broken = iter(Generator(model, images[0], 0))
        self.count = self.unanswered = self.server_errors = self.broken_count = 0
        self.memory: list[tuple[float, float]] = []  # seconds since the start, MB
        self.end = 0.0

    async def run(self, seconds: float, clients: Clients) -> None:
        """Load for so long; `clients` keep account of their answers meanwhile."""
        start = time.monotonic()
        self.end = start + seconds
        careful = asyncio.ensure_future(clients.run(2))
        working = [asyncio.ensure_future(self._work(place)) for place in range(CLIENTS)]
        working.append(asyncio.ensure_future(self._break()))
        while (now := time.monotonic()) < self.end:
            self.memory.append((now - start, self.ours.rss_mb()))
            await asyncio.sleep(min(SAMPLE_SECONDS, seconds / 120, self.end - now))
        self.memory.append((seconds, self.ours.rss_mb()))
        clients.stopping.set()
        await asyncio.gather(careful, *working)

    async def _work(self, place: int) -> None:
        requests = itertools.islice(itertools.cycle(self.requests), place, None)
        while time.monotonic() < self.end:
            async with connected(self.ours.port) as client:
                for request in itertools.islice(requests, NEW_CONNECTION_EVERY):
                    answer = await client.ask(request)
                    self.count += 1
                    self.unanswered += answer is None
                    self.server_errors += answer is not None and answer.status >= 500  # noqa: PLR2004 - HTTP's
                    if answer is None or time.monotonic() > self.end:
                        break

    async def _break(self) -> None:
        """Send something broken twenty times a second."""
        while time.monotonic() < self.end:
            with contextlib.suppress(ConnectionError, TimeoutError):
                async with connected(self.ours.port) as client:
                    client.send(next(self.broken).content)
                    client.writer.write_eof()
                    await client.rest()
            self.broken_count += 1
            await asyncio.sleep(0.05)

    def memory_at(self, share: float, seconds: float) -> float:
        """Return the median MB of the minute (or the thirtieth part) that ends at a share of the time.

        Where a busy machine left that part without a look at the memory, the look nearest to its end counts.
        """
        megabytes = [mb for when, mb in self.memory if share - 1 / 30 <= when / seconds <= share]
        nearest = min(self.memory, key=lambda look: abs(look[0] / seconds - share))[1]
        return round(statistics.median(megabytes or [nearest]), 2)


def run(repository: Path, model: str, minutes: float) -> dict[str, Any]:
    """Return the figures of so many minutes."""
    version, seconds = newest(repository / model), 60 * minutes
    images, logits = golden(version)
    with started(repository) as ours:
        soak = Soak(ours, model, images)
        clients = Clients(ours.port, model, images, {version.name: logits})
        asyncio.run(soak.run(seconds, clients))
        alive = ours.alive() and ours.ready()
    early, late = soak.memory_at(1 / 6, seconds), soak.memory_at(1.0, seconds)
    return {
        "minutes": minutes,
        "requests": soak.count + len(clients.account.sent),
        "broken_requests": soak.broken_count,
        "server_errors": soak.server_errors,
        "unanswered": soak.unanswered + len(clients.account.not_once),
        "wrong": len(clients.account.wrong),
        "failures": clients.account.wrong[:SHOWN],
        "rss_mb_minute_5_of_30": early,
        "rss_mb_minute_30_of_30": late,
        "growth": round(late / early - 1, 4),
        "memory": [[round(when), round(mb, 1)] for when, mb in soak.memory[:: max(1, len(soak.memory) // 60)]],
        "alive": alive,
        **quantiles(clients.account.seconds),
    }
