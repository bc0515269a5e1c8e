"""The server: listens, keeps time for its connections, reloads, and stops without losing a request."""

import asyncio
import gc
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from serve.api.app import App
from serve.inference.batcher import Batcher
from serve.inference.catalogue import Catalogue
from serve.inference.reloading import Reloader
from serve.inference.statistics import Statistics
from serve.log import address, say
from serve.security.access import Access
from serve.security.certificate import Certificate
from serve.transport.connection import Connection
from serve.transport.head_cache import Heads

TICK = 0.25  # seconds between looks at the connections
YOUNG = 20_000  # objects that are made before the collector looks at them: requests hardly make cycles
GRACE = 30.0  # seconds that requests in flight may take when the server stops
GOODBYE = 3.0  # seconds that a TLS client may take to say goodbye: who only keeps a connection never does


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Of connections: how many, and how many seconds they may be silent.

    Attributes:
        connections: at the same time.
        header: seconds for a request's head, and for a TLS handshake.
        body: seconds for its body, and for reading an answer.
        idle: seconds between requests.
        close: seconds that a client may take to read its last answer.
        linger: seconds that a server which stops still answers, saying so, before it closes silent connections.
    """

    connections: int = 2000
    header: float = 10.0
    body: float = 30.0
    idle: float = 75.0
    close: float = 5.0
    linger: float = 0.5


class Server:
    """One process's server.

    Args:
        catalogue: what is served.
        access: who may ask.
        limits: of connections.
        workers: batches that run at the same time.
        poll: seconds between looks at the repository; 0: only on SIGHUP.
        say: takes what happened, a sentence each.
        access_log: takes a line for every request that was read; None: no log.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        access: Access,
        limits: Limits,
        workers: int = 1,
        poll: float = 5.0,
        say: Callable[[str], None] = say,
        access_log: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.catalogue, self.limits, self.access_log = catalogue, limits, access_log
        self.reloader = Reloader([catalogue.refresh], poll, say, _settle)
        self.statistics = Statistics()
        self.batcher = Batcher(workers, self.statistics)
        self.app = App(catalogue, self.batcher, access, self.statistics)
        catalogue.say = say
        self.heads = Heads()
        self.connections: set[Connection] = set()
        self.stopping = False
        self.grpc_port: int | None = None
        self.now = monotonic()
        self._stop = asyncio.Event()

    def admit(self, connection: Connection) -> bool:
        """Count a connection in; False where there are too many."""
        self.connections.add(connection)
        return len(self.connections) <= self.limits.connections

    def forget(self, connection: Connection) -> None:
        """Count a connection out."""
        self.connections.discard(connection)

    def request_stop(self) -> None:
        """Stop: not ready at once, what is in flight is answered."""
        self._stop.set()
        self.catalogue.stop()

    def request_reload(self) -> None:
        """Look at the repository now."""
        self.reloader.ask()

    async def run(
        self,
        host: str,
        port: int,
        *,
        tls: Certificate | None = None,
        reuse_port: bool = False,
        grpc_port: int | None = None,
        signals: bool = True,
        started: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Serve until SIGTERM or SIGINT.

        Args:
            host: to listen on.
            port: to listen on; 0: any that is free.
            tls: certificate and key; they are looked at when the repository is.
            reuse_port: other processes listen on the same port; this one does when its models are loaded.
            grpc_port: to answer gRPC on, None for not at all.
            signals: stop on SIGTERM and SIGINT, look at the repository on SIGHUP; the main thread only.
            started: called with the port when every model was loaded.

        Raises:
            OSError: the address cannot be listened on.
            RepositoryError: there is no repository.
        """
        gc.set_threshold(YOUNG)
        if tls is not None:
            self.reloader.looks.append(tls.refresh)
        if signals:
            for number in (signal.SIGTERM, signal.SIGINT):
                self.loop.add_signal_handler(number, self.request_stop)
            self.loop.add_signal_handler(signal.SIGHUP, self.request_reload)
        if reuse_port:  # the others answer there already: whom the kernel sends here must find everything loaded
            await self.reloader.look()
            if self._stop.is_set():
                self.app.close()
                return
        listener = await self.loop.create_server(
            lambda: Connection(self.app, self),
            host,
            port,
            ssl=None if tls is None else tls.context,
            reuse_port=reuse_port or None,
            backlog=1024,
            ssl_handshake_timeout=None if tls is None else self.limits.header,
            ssl_shutdown_timeout=None if tls is None else GOODBYE,
        )
        grpc_server = None if grpc_port is None else await self._start_grpc(address(host, grpc_port))
        ticking = self.loop.create_task(self._tick())
        if not reuse_port:
            await self.reloader.look()
        if not self._stop.is_set():
            self.app.ready = True
            started(listener.sockets[0].getsockname()[1])
        reloading = self.loop.create_task(self.reloader.run())
        await self._stop.wait()
        self.app.ready, self.stopping = False, True
        if self.connections:
            await asyncio.sleep(self.limits.linger)
        listener.close()
        reloading.cancel()
        if grpc_server is not None:
            await grpc_server.stop(GRACE)
        await self._finish()
        ticking.cancel()
        self.app.close()

    async def _start_grpc(self, where: str) -> Any:  # noqa: ANN401 - of a library that is optional
        """Listen for gRPC.

        Raises:
            OSError: the address cannot be listened on.
            ModuleNotFoundError: grpcio or tritonclient is not installed.
        """
        from serve.transport import grpc_service  # noqa: PLC0415 - half a second, and an optional extra

        found = await grpc_service.start(self.app, where)
        self.grpc_port = found.port
        return found

    async def _finish(self) -> None:
        """Answer what is in flight, then close every connection."""
        end = monotonic() + GRACE
        while self.connections and monotonic() < end:
            for connection in list(self.connections):
                connection.stop()
            await asyncio.sleep(0.01)

    async def _tick(self) -> None:
        """Turn away connections that are too slow."""
        while True:
            self.now = monotonic()
            for connection in list(self.connections):
                if self.now > connection.deadline:
                    connection.expire()
            await asyncio.sleep(TICK)


def _settle() -> None:
    """Keep what was loaded from the collector, which would look at it again and again while requests wait."""
    gc.collect()
    gc.freeze()
