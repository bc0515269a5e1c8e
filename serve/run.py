"""Starts a server as the command line says."""

import argparse
import asyncio
import contextlib
import math
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.repository.layout import CONFIG, models
from serve.errors import ConfigurationError
from serve.inference.catalogue import Catalogue
from serve.log import address, say_as_json
from serve.log import say as say_as_text
from serve.machine import BODIES_SHARE, cores, memory, raise_descriptors
from serve.security.access import Access
from serve.security.certificate import Certificate
from serve.security.cors import ANY, ORIGIN, Cors
from serve.security.tokens import TokenFiles
from serve.supervisor import Supervisor, when_orphaned, without
from serve.transport.access_log import AccessLog
from serve.transport.http.clients import RESERVE, Limits
from serve.transport.server import Server

if TYPE_CHECKING:
    from serve.transport.tracing import Tracing

MB = 1_000_000
OTHER_DESCRIPTORS = 128  # of files, pipes and gRPC
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def serve(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    """Serve until SIGTERM; return the exit status.

    Args:
        arguments: the command line's options.
        words: the command line itself, for processes that share the port.

    Raises:
        ConfigurationError: tokens that cannot be read, another address than loopback without any, no usable TLS pair,
            fewer than one worker.
        RepositoryError, OSError
    """
    processes = 1 if arguments.reuse_port else arguments.processes
    workers = max(1, cores() // max(1, processes)) if arguments.workers is None else arguments.workers
    body_memory = memory() // BODIES_SHARE // MB if arguments.body_memory is None else arguments.body_memory
    tokens = TokenFiles(arguments.tokens, arguments.admin_tokens)
    _check(arguments, tokens.access, workers)
    tls = _tls(arguments.certificate, arguments.key)
    if processes > 1:
        models(arguments.repository)  # better said once than by every child
        shares = ["--workers", str(workers), "--body-memory", str(max(1, body_memory // processes))]
        words = [*without(words, shares[::2]), *shares]
        return Supervisor(words, processes, arguments.host, arguments.port, as_json=arguments.json_log).run()
    say = say_as_json if arguments.json_log else say_as_text
    catalogue = Catalogue(arguments.repository, threads=1, device=arguments.device)
    access_log = AccessLog(sys.stdout.fileno(), say) if arguments.access_log else None
    tracing = _tracing() if arguments.trace else None

    async def run() -> None:
        server = Server(
            catalogue,
            access=tokens.access,
            limits=_limits(body_memory * MB, grpc=arguments.grpc_port is not None),
            workers=workers,
            poll=arguments.poll,
            say=say,
            access_log=access_log,
            cors=Cors(tuple(arguments.cors)),
            observers=() if tracing is None else (tracing,),
        )
        server.reloader.looks.insert(0, tokens.refresh)  # before new models: loading them takes its time
        if arguments.reuse_port:
            when_orphaned(_from_elsewhere(server.request_stop))

        def started(port: int) -> None:
            scheme = "http" if tls is None else "https"
            if server.grpc_port is not None:
                say(f"gRPC{' with TLS' if tls else ''} on {address(arguments.host, server.grpc_port)}")
            if tokens.access.open:
                say(f"no token: whoever reaches {arguments.host} may ask")
            if not catalogue.all_served():
                say(f"no model is served: {_why_none(arguments.repository)}")
            say(f"ready: {len(catalogue.all_served())} models at {scheme}://{address(arguments.host, port)}/v2")

        await server.run(
            arguments.host,
            arguments.port,
            tls=tls,
            reuse_port=arguments.reuse_port,
            grpc_port=arguments.grpc_port,
            started=started,
        )

    try:
        _run(run())
    finally:
        for ending in (access_log, tracing):
            if ending is not None:
                ending.close()
    return 0


def _tracing() -> "Tracing":
    """Return what makes traces.

    Raises:
        ModuleNotFoundError: OpenTelemetry is not installed.
    """
    from serve.transport.tracing import Tracing  # noqa: PLC0415 - an optional extra

    return Tracing()


def _limits(body_memory: int, *, grpc: bool) -> Limits:
    """Return the limits of connections: no more than there are file descriptors for.

    gRPC's are not counted by us, so that it gets as many again.
    """
    usual = Limits()
    others = OTHER_DESCRIPTORS + (usual.connections if grpc else 0)
    descriptors = raise_descriptors(usual.connections + RESERVE + others)
    connections = max(1, min(usual.connections, descriptors - RESERVE - others))
    return Limits(connections=connections, bodies=body_memory)


def _check(arguments: argparse.Namespace, access: Access, workers: int) -> None:
    """Look at what can be told from the options alone.

    Raises:
        ConfigurationError: they cannot be served as they are.
    """
    if access.open and arguments.host not in LOOPBACK:
        raise ConfigurationError(
            f"--host is {arguments.host}: without a token only loopback is listened on; pass --tokens FILE"
        )
    if arguments.processes < 1:
        raise ConfigurationError(f"--processes is {arguments.processes}: at least one must answer")
    if not 0 <= arguments.poll < math.inf:  # nan is no time either
        raise ConfigurationError(f"--poll is {arguments.poll}: seconds, or 0 for SIGHUP only")
    if workers < 1:
        raise ConfigurationError(f"--workers is {workers}: at least one batch must run")
    if arguments.body_memory is not None and arguments.body_memory < 1:
        raise ConfigurationError(f"--body-memory is {arguments.body_memory}: at least 1 MB must be there for requests")
    if arguments.grpc_port is not None and arguments.processes > 1:
        raise ConfigurationError("gRPC is answered by one process: leave --grpc-port or --processes out")
    for origin in arguments.cors:
        if origin != ANY and not ORIGIN.fullmatch(origin):
            raise ConfigurationError(f"--cors {origin}: give an origin such as https://example.org, or '*'")
    if arguments.access_log and sys.stdout is None:
        raise ConfigurationError(
            "--access-log writes to standard output, which is closed: redirect it, or leave it out"
        )


def _why_none(repository: Path) -> str:
    """Return why no model of a repository is served."""
    count = sum((repository / name / CONFIG).exists() for name in models(repository))
    if not count:
        return f"{repository} has no folder with a {CONFIG}"
    return f"none of its {count} models may be served, see above"


def _from_elsewhere(call: Callable[[], None]) -> Callable[[], None]:
    """Return what makes this loop call, from another thread; after the loop's end it does nothing."""
    loop = asyncio.get_running_loop()

    def schedule() -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(call)

    return schedule


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where there is one: it takes half of asyncio's time a request."""
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        asyncio.run(main)
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main)


def _tls(certificate: Path | None, key: Path | None) -> Certificate | None:
    if certificate is not None and key is not None:
        return Certificate(certificate, key)
    if certificate is not None or key is not None:
        raise ConfigurationError("TLS needs both --certificate and --key")
    return None
