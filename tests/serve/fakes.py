"""Versions without a net: sessions whose runs can be held up, counted and made to fail."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import numpy as np

from export.repository.golden import Answers
from images.look import range_of
from serve.errors import RequestError
from serve.inference.batcher import Batcher
from serve.inference.model_config import ModelConfig
from serve.inference.request_queue import Job
from serve.inference.version import Pace, Version
from tests.serve.conftest import SHAPE

Result = Answers | RequestError


def config(name: str = "net", **changes: Any) -> ModelConfig:  # noqa: ANN401 - its fields
    """Return a configuration."""
    made = ModelConfig(
        name=name,
        max_batch=8,
        dims=SHAPE,
        outputs={"logits": 3, "probabilities": 3},
        versions=1,
        timeout=2.0,
        timeout_override=True,
        queue=4,
        weight=1.0,
    )
    return replace(made, **changes)


class Fake:
    """A session whose runs can be held up, counted and made to fail."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.thread = ""
        self.gate = threading.Event()
        self.gate.set()

    def run(self, _: object, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Return the first pixel of each image as its logits; 255 is poison."""
        images = inputs["image"]
        self.sizes.append(len(images))
        self.thread = threading.current_thread().name
        self.gate.wait(10)
        if (images == 255).any():
            raise ValueError("poison")
        first = images.reshape(len(images), -1)[:, :1].astype(np.float32)
        return [np.repeat(first, 3, axis=1), np.repeat(first, 3, axis=1)]


def version(session: Fake, name: str = "net", *, seconds: float = 0.01, **changes: Any) -> Version:  # noqa: ANN401 - of its configuration
    """Return a version that a fake session runs."""
    sizes = (1, 2, 4, 8)
    return Version(
        name=name,
        number=1,
        config=config(name, **changes),
        card={},
        labels=("a", "b", "c"),
        sizes=sizes,
        seconds=dict.fromkeys(sizes, seconds),
        session=session,
        examples=image(1),
        look=range_of(image(1)),
        pace=Pace(1.0),
    )


def image(value: int, count: int = 1) -> np.ndarray:
    """Return images of one grey value."""
    return np.full((count, *SHAPE), value, np.uint8)


def job(batcher: Batcher, asked: Version, images: np.ndarray, results: list[Any], timeout: float = 2.0) -> Job:
    """Submit a request whose result goes to a list."""
    now = batcher.loop.time()
    made = Job(asked, images, now, now + timeout, lambda _, result: results.append(result))
    batcher.submit(made)
    return made


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run on a loop of its own."""
    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.001)


def soon(condition: Callable[[], bool]) -> None:
    """Wait in a test's own thread until something holds."""
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
