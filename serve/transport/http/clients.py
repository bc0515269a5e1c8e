"""The connections of one server: how many there may be, how long each may be silent, and how they end."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from time import monotonic
from typing import Any, Protocol

from serve.log import Problem, say
from serve.transport.bodies import Bodies
from serve.transport.http.head_cache import Heads

TICK = 0.25  # seconds between looks at the connections
RESERVE = 32  # connections beyond their limit, that are told no but for health: probes must not be refused
TELLING = 60.0  # seconds between two lines of the log on connections that were turned away
GRACE = 30.0  # seconds that requests in flight may take when the server stops

AccessLine = Callable[[Mapping[str, Any]], None]  # takes one line of the access log


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The number of connections there may be, their memory, and the seconds that each may be silent.

    Attributes:
        connections: Connections at the same time.
        bodies: Bytes of the bodies that are read or wait for their answers, all together.
        header: Seconds for a request's head, and for a TLS handshake.
        body: Seconds for its body, and for reading an answer.
        idle: Seconds between requests.
        close: Seconds that a client may take to close, once its last answer is sent.
        linger: Seconds that a server which stops still answers, saying so, before it closes silent connections, and
            seconds that it waits then for clients to read that.
    """

    connections: int = 2000
    bodies: int = 2**30
    header: float = 10.0
    body: float = 30.0
    idle: float = 75.0
    close: float = 5.0
    linger: float = 0.5


class Client(Protocol):
    """One connection, as those who keep its time see it."""

    @property
    def deadline(self) -> float:
        """The time by which the client must have sent more, on the clock of `time.monotonic`."""

    @property
    def asked(self) -> bool:
        """Whether it has ever begun a request."""

    def expire(self) -> None:
        """Turn the client away: its deadline has passed."""

    def stop(self) -> None:
        """Close the connection once every request that was read is answered."""


class Clients:
    """The connections of a server, and everything that they share.

    Args:
        limits: The number there may be, and the time that each may be silent.
        access_log: Takes a line for every request that was read; None: there is no log.
        say: Takes what happened, a sentence each.

    Attributes:
        now: The time at the last look, on the clock of `time.monotonic`: asking for it costs more than a request may.
        date: The header of that name.
        heads: Heads of requests that were read before.
        bodies: The memory that their bodies share.
        stopping: Whether the server stops: an answer says then that its connection ends.
    """

    def __init__(self, limits: Limits, access_log: AccessLine | None = None, say: Callable[[str], None] = say) -> None:
        self.limits, self.access_log, self.say = limits, access_log, say
        self.now, self.date = monotonic(), _date()
        self.heads, self.bodies = Heads(), Bodies(limits.bodies)
        self.stopping = False
        self.connections: set[Client] = set()
        self._turned_away = 0
        self._told = -TELLING  # when the log had the last line on them

    def admit(self, client: Client) -> int:
        """Count a connection in; return how many there are beyond the limit, negative where there is room."""
        self.connections.add(client)
        beyond = len(self.connections) - self.limits.connections
        self._turned_away += beyond > 0
        return beyond

    def forget(self, client: Client) -> None:
        """Count a connection out."""
        self.connections.discard(client)

    async def watch(self) -> None:
        """Turn away connections that are too slow, until this is cancelled."""
        while True:
            self.now, self.date = monotonic(), _date()
            for client in list(self.connections):
                if self.now > client.deadline:
                    client.expire()
            self._tell()
            await asyncio.sleep(TICK)

    def _tell(self) -> None:
        """Log how many connections were turned away since the last such line, at most once in TELLING seconds."""
        if self._turned_away and self.now - self._told > TELLING:
            limit = f"there may be {self.limits.connections}"
            self.say(Problem(f"too many connections: {limit}, {self._turned_away} more were answered health at most"))
            self._turned_away, self._told = 0, self.now

    async def finish(self) -> None:
        """Answer the requests in flight, for GRACE seconds at most, then close every connection.

        Who has connected and not asked yet has a request on its way, and the time of `linger` for it.
        """
        start = monotonic()
        while self.connections and (waited := monotonic() - start) < GRACE:
            for client in list(self.connections):
                if client.asked or waited > self.limits.linger:
                    client.stop()
            await asyncio.sleep(0.01)


def _date() -> str:
    return f"date: {formatdate(usegmt=True)}\r\n"
