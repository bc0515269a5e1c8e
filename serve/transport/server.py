"""The server: listens, reloads, and stops without losing a request."""

import asyncio
import gc
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from serve.api.app import NO_ORIGIN, App
from serve.inference.batcher import Batcher, Observer
from serve.inference.catalogue import Catalogue
from serve.inference.reloading import Reloader
from serve.inference.statistics import Statistics
from serve.log import address, say
from serve.security.access import Access
from serve.security.certificate import Certificate
from serve.security.cors import Cors
from serve.transport.http.clients import GRACE, Clients, Limits
from serve.transport.http.connection import Connection
from serve.transport.http.draining import take_no_more

YOUNG = 20_000  # objects that are made before the collector looks at them: requests hardly make cycles
SETTLING = 0.1  # seconds for handshakes that have begun, and until the last of the backlog is accepted
GOODBYE = 3.0  # seconds that a TLS client may take to say goodbye: who only keeps a connection never does


class Server:
    """One process's server.

    Args:
        catalogue: the models that are served.
        access: who may ask.
        limits: limits of connections.
        workers: batches that run at the same time.
        poll: seconds between looks at the repository; 0: only on SIGHUP.
        say: takes what happened, a sentence each.
        access_log: takes a line for every request that was read; None: no log.
        cors: the origins whose pages may ask.
        observers: take what happens to requests, beside the server's own statistics.
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
        cors: Cors = NO_ORIGIN,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.catalogue, self.limits = catalogue, limits
        self.clients = Clients(limits, access_log, say)
        self.reloader = Reloader([catalogue.refresh], poll, say, _settle)
        self.statistics = Statistics()
        self.batcher = Batcher(workers, self.statistics, *observers)
        self.app = App(catalogue, self.batcher, access, self.statistics, cors)
        catalogue.say = say
        self.grpc_port: int | None = None
        self._stop = asyncio.Event()

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
            lambda: Connection(self.app, self.clients),
            host,
            port,
            ssl=None if tls is None else tls.context,
            reuse_port=reuse_port or None,
            backlog=1024,
            ssl_handshake_timeout=None if tls is None else self.limits.header,
            ssl_shutdown_timeout=None if tls is None else GOODBYE,
        )
        grpc_server = None if grpc_port is None else await self._start_grpc(address(host, grpc_port), tls)
        ticking = self.loop.create_task(self.clients.watch())
        if not reuse_port:
            await self.reloader.look()
        if not self._stop.is_set():
            self.app.ready, self.app.loading = True, False
            started(listener.sockets[0].getsockname()[1])
        reloading = self.loop.create_task(self.reloader.run())
        await self._stop.wait()
        self.app.ready, self.clients.stopping = False, True
        if self.clients.connections:
            await asyncio.sleep(self.limits.linger)
        take_no_more(listener.sockets)
        await asyncio.sleep(SETTLING)
        listener.close()
        reloading.cancel()
        await asyncio.gather(self.clients.finish(), *([] if grpc_server is None else [grpc_server.stop(GRACE)]))
        ticking.cancel()
        self.app.close()

    async def _start_grpc(self, where: str, tls: Certificate | None) -> Any:  # noqa: ANN401 - of a library that is optional
        """Listen for gRPC.

        Raises:
            OSError: the address cannot be listened on.
            ModuleNotFoundError: grpcio or tritonclient is not installed.
        """
        from serve.transport import grpc_server as grpc  # noqa: PLC0415 - half a second, and an optional extra

        grpc_server = await grpc.start(self.app, where, tls, self.limits.bodies)
        self.grpc_port = grpc_server.port
        return grpc_server


def _settle() -> None:
    """Keep what was loaded from the collector, which would look at it again and again while requests wait."""
    gc.collect()
    gc.freeze()
