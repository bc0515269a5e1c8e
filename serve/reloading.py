"""Looks at what is served: at the start, every few seconds and when asked; what cannot be read changes nothing."""

import asyncio
import contextlib
import gc
from collections.abc import Callable, Sequence

Look = Callable[[], Sequence[str]]  # returns what happened, a sentence each


class Reloader:
    """Looks, one look at a time.

    Args:
        repository: its look; it may take long, and runs beside the event loop.
        poll: seconds between looks; 0: only when asked.
        say: takes what happened.
        certificate: its look, on the event loop, whose handshakes use what it changes; None: there is none.
    """

    def __init__(
        self, repository: Look, poll: float, say: Callable[[str], None], certificate: Look | None = None
    ) -> None:
        self.repository, self.poll, self.say, self.certificate = repository, poll, say, certificate
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Look now."""
        self._asked.set()

    async def look(self) -> None:
        """Look once.

        Raises:
            RepositoryError, OSError: there is no repository.
        """
        if self.certificate is not None:
            for event in self.certificate():
                self.say(event)
        events = await asyncio.get_running_loop().run_in_executor(None, self.repository)
        for event in events:
            self.say(event)
        if events:
            gc.collect()
            gc.freeze()  # what was loaded stays: the collector need not look at it again while requests wait

    async def run(self) -> None:
        """Look every `poll` seconds, and when asked."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), self.poll or None)
            self._asked.clear()
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - whatever lies in the repository, what is new there later is read
                self.say(f"the repository could not be looked at, what was served stays: {error}")
