"""New versions under load, again and again: every request is answered exactly once, by the version that it names."""

import asyncio
import signal
import tempfile
from pathlib import Path
from typing import Any

from bench.harness.errors import UserError
from bench.server.golden import Floats, golden, logits_of, newest
from bench.server.our_server import Ours, started
from bench.server.stress.broken_versions import put_version
from bench.server.stress.clients import SHOWN, Clients, quantiles

CLIENTS = 16
BETWEEN_SECONDS = 0.2
SWAP_SECONDS = 20.0


class Swapper:
    """A repository with one model whose versions alternate between two nets.

    Args:
        folder: the repository's place.
        models: folders of two models of the same shape in another repository.
    """

    def __init__(self, folder: Path, models: tuple[Path, Path]) -> None:
        self.model = folder / models[0].name
        self.sources = tuple(newest(model) for model in models)
        self.answers: list[Floats] = []  # right ones, of the nets in turns
        self.number = 0

    def publish(self) -> int:
        """Add a version as an export does: whole, then renamed; return its number."""
        source = self.sources[self.number % 2]
        self.number += 1
        put_version(source, self.model, self.number)
        return self.number


async def _swap_under_load(ours: Ours, clients: Clients, swapper: Swapper, count: int) -> int:
    """Return how many of the new versions answered."""
    working = asyncio.ensure_future(clients.run(CLIENTS))
    await asyncio.sleep(BETWEEN_SECONDS)
    swapped = 0
    for _ in range(count):
        clients.logits[str(swapper.number + 1)] = swapper.answers[swapper.number % 2]
        number = str(swapper.publish())
        ours.signal(signal.SIGHUP)
        for _ in range(int(SWAP_SECONDS / 0.01)):
            if clients.account.versions.get(number) or working.done():
                break
            await asyncio.sleep(0.01)
        swapped += number in clients.account.versions
        await asyncio.sleep(BETWEEN_SECONDS)
    clients.stopping.set()
    await working
    return swapped


def run(repository: Path, model: str, other: str, count: int) -> dict[str, Any]:
    """Return the figures of so many swaps between two models.

    Raises:
        UserError: the models take different images.
    """
    with tempfile.TemporaryDirectory() as folder:
        swapper = Swapper(Path(folder), (repository / model, repository / other))
        images, _ = golden(swapper.sources[0])
        if images.shape[1:] != golden(swapper.sources[1])[0].shape[1:]:
            raise UserError(f"{model} and {other} take images of different shapes: choose two that take the same")
        swapper.answers = [logits_of(source, images) for source in swapper.sources]
        first = str(swapper.publish())
        with started(Path(folder), "--poll", "0") as ours:
            clients = Clients(ours.port, model, images, {first: swapper.answers[0]})
            swapped = asyncio.run(_swap_under_load(ours, clients, swapper, count))
            alive = ours.alive() and ours.ready()
    account = clients.account
    return {
        "swaps": count,
        "answered_by_the_new_version": swapped,
        "clients": CLIENTS,
        "requests": len(account.sent),
        "not_answered_once": len(account.not_once),
        "wrong": len(account.wrong),
        "failures": account.wrong[:SHOWN],
        "alive": alive,
        **quantiles(account.seconds),
    }
