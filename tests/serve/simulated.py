"""A server in simulated time: the real batcher on a loop whose clock goes on when nothing is left to do.

Runs take the seconds that a model's distribution gives, on the loop or on workers; nothing waits in real time, so that
a minute under load takes a second, and the same seed gives the same answers.
"""

import asyncio
import selectors
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

import numpy as np

from export.repository.golden import Answers
from images.look import range_of
from serve.errors import RequestError
from serve.inference.batcher import Batcher
from serve.inference.request_queue import Job
from serve.inference.version import Version
from tests.serve.fakes import config, image


class Rest(selectors.SelectSelector):
    """Never waits: the time that it is asked to wait goes by at once."""

    def __init__(self, loop: "Loop") -> None:
        super().__init__()
        self.loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        """Let the time go by."""
        assert timeout is not None, "nothing is planned: the simulation would never end"
        self.loop.now += max(0.0, timeout)
        return []


class Loop(asyncio.SelectorEventLoop):
    """A loop whose clock is simulated.

    Attributes:
        now: seconds.
        ahead: seconds that a worker's run has taken so far; None while the loop's own thread computes.
    """

    def __init__(self) -> None:
        self.now, self.ahead = 0.0, None  # type: float, float | None
        super().__init__(Rest(self))

    def time(self) -> float:
        """Return the simulated time, in a worker's run its own."""
        return self.now + (self.ahead or 0.0)

    def compute(self, seconds: float) -> None:
        """Let a run take so long."""
        if self.ahead is None:
            self.now += seconds
        else:
            self.ahead += seconds

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> Any:  # type: ignore[override]  # noqa: ANN401 - asyncio's
        """Call back when the worker's run ends."""
        return self.call_at(self.time(), callback, *args, context=context)


class Workers(Executor):
    """Runs at once, in simulated time beside the loop."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop

    def submit(self, work: Callable[..., Any], /, *args: Any, **_: Any) -> Any:  # noqa: ANN401 - Executor's
        """Run."""
        self.loop.ahead = 0.0
        work(*args)
        self.loop.ahead = None


@dataclass
class Net:
    """A session that takes its time.

    Attributes:
        loop: its clock.
        run_seconds, image_seconds: cost of a run, and of each image beside it.
        jitter: runs take up to this share longer or shorter.
        neighbours: runs take so many times as long in every other second.
    """

    loop: Loop
    run_seconds: float
    image_seconds: float
    jitter: float = 0.1
    neighbours: float = 1.0
    random: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - a load, no secret
    busy: float = 0.0

    def seconds(self, images: int) -> float:
        """Return what a run takes in the mean."""
        return self.run_seconds + images * self.image_seconds

    def run(self, _: object, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Take the time."""
        count = len(inputs["image"])
        seconds = self.seconds(count) * self.random.uniform(1 - self.jitter, 1 + self.jitter)
        seconds *= self.neighbours if int(self.loop.time()) % 2 else 1.0
        self.busy += seconds
        self.loop.compute(seconds)
        return [np.zeros((count, 3), np.float32)] * 2


@dataclass
class Client:
    """A client's answers.

    Attributes:
        statuses: number of answers, 200 or an error's.
        waits: seconds that each answer with status 200 took.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)


class Simulation:
    """A batcher in simulated time, and clients of its models.

    Args:
        workers: batches at the same time.
    """

    def __init__(self, workers: int) -> None:
        self.loop, self.workers = Loop(), workers
        self.tasks: list[Callable[[Batcher], Any]] = []

    def net(self, name: str, costs: tuple[float, float], sizes: tuple[int, ...] = (1,), **changes: Any) -> Version:  # noqa: ANN401 - its configuration's
        """Return a model by the seconds of a run and of each image; its configuration's fields may be given."""
        net = Net(self.loop, *costs)
        return Version(
            name=name,
            number=1,
            config=config(name, **{"queue": 10_000, **changes}),
            card={},
            labels=("a", "b", "c"),
            sizes=sizes,
            seconds={size: net.seconds(size) for size in sizes},
            session=net,
            examples=image(1),
            look=range_of(image(1)),
        )

    def closed(self, version: Version, clients: int, *, think: float = 0.0005) -> list[Client]:
        """Add clients that each wait for their answer, and for as long as they are told to after a refusal."""
        made = [Client() for _ in range(clients)]
        self.tasks += [partial(self._closed, version, client, think) for client in made]
        return made

    def open(self, version: Version, rate: float, *, seed: int = 0) -> Client:
        """Add requests that come by a Poisson process, so many a second, whatever becomes of them."""
        client = Client()
        self.tasks.append(partial(self._open, version, client, rate, Random(seed)))  # noqa: S311 - as above
        return client

    async def _closed(self, version: Version, client: Client, think: float, batcher: Batcher) -> None:
        while True:
            answered = asyncio.Event()
            error = self._ask(batcher, version, client, answered.set)
            if error is None:
                await answered.wait()
                await asyncio.sleep(think)
            else:
                await asyncio.sleep(float(error.headers["Retry-After"]))

    async def _open(self, version: Version, client: Client, rate: float, random: Random, batcher: Batcher) -> None:
        while True:
            await asyncio.sleep(random.expovariate(rate))
            self._ask(batcher, version, client, lambda: None)

    def _ask(self, batcher: Batcher, version: Version, client: Client, over: Callable[[], None]) -> RequestError | None:
        now = self.loop.time()

        def done(_: Job, result: Answers | RequestError) -> None:
            client.statuses[200 if isinstance(result, Answers) else result.status] += 1
            if isinstance(result, Answers):
                client.waits.append(self.loop.time() - now)
            over()

        try:
            batcher.submit(Job(version, image(1), now, now + version.config.timeout, done))
        except RequestError as error:
            client.statuses[error.status] += 1
            return error
        return None

    def run(self, seconds: float) -> None:
        """Let so much time go by."""
        self.loop.run_until_complete(self._run(seconds))
        self.loop.close()

    async def _run(self, seconds: float) -> None:
        batcher = Batcher(self.workers)
        batcher.close()
        batcher._executor = Workers(self.loop)  # noqa: SLF001 - in the place of threads
        running = [asyncio.ensure_future(task(batcher)) for task in self.tasks]
        await asyncio.sleep(seconds)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def busy_seconds(version: Version) -> float:
    """Return how long a model of a simulation has computed."""
    seconds: float = version.session.busy
    return seconds
