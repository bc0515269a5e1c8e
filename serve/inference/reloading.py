"""Looks at what is served: at the start, every few seconds and when asked; what cannot be read changes nothing."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from serve.log import Problem

Look = Callable[[], Sequence[str]]  # returns what happened, a sentence each; runs beside the event loop


class Reloader:
    """Calls `looks` beside the event loop, one look at a time.

    Args:
        looks: for changes, in their order.
        poll: seconds between looks; 0: only when asked.
        say: takes what happened.
        changed: called on the event loop after something happened.
    """

    def __init__(
        self, looks: list[Look], poll: float, say: Callable[[str], None], changed: Callable[[], None] = lambda: None
    ) -> None:
        self.looks, self.poll, self.say, self.changed = looks, poll, say, changed
        self._asked = asyncio.Event()
        self._failures: dict[Look, str] = {}  # as they were said last

    def ask(self) -> None:
        """Look now."""
        self._asked.set()

    async def look(self) -> None:
        """Look once.

        Raises:
            RepositoryError, OSError: there is no repository.
        """
        for look in self.looks:
            await self._look_at_one(look)

    async def _look_at_one(self, look: Look) -> None:
        events = await asyncio.get_running_loop().run_in_executor(None, look)
        for event in events:
            self.say(event)
        if events:
            self.changed()

    async def run(self) -> None:
        """Look every `poll` seconds, and when asked."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), self.poll or None)
            self._asked.clear()
            for look in self.looks:
                try:
                    await self._look_at_one(look)
                    self._failures.pop(look, None)
                except Exception as error:  # noqa: BLE001 - whatever lies in the repository, what is new later is read
                    if self._failures.get(look) != str(error):  # once, not at every look
                        self.say(Problem(f"what is served stays: a look for changes failed: {error}"))
                    self._failures[look] = str(error)
