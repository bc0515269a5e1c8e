"""Starts a server as the command line says."""

import argparse
import asyncio
import json
import os
import ssl
import sys
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from export.repository import models
from serve.access import Access
from serve.lifecycle import Catalogue
from serve.processes import Supervisor
from serve.server import Limits, Server

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ConfigurationError(ValueError):
    """A server that cannot be started as asked; the message says what to do."""


def serve(
    arguments: argparse.Namespace, words: Sequence[str], *, tokens: Sequence[str], administrators: Sequence[str]
) -> int:
    """Serve until SIGTERM; return the exit status.

    Args:
        arguments: of the command line.
        words: the command line itself, for processes that share the port.
        tokens: for inference.
        administrators: tokens for loading and unloading.

    Raises:
        ConfigurationError: another address than loopback without a token, no usable TLS pair, fewer than one worker.
        RepositoryError, OSError
    """
    if not tokens and arguments.host not in LOOPBACK:
        raise ConfigurationError(
            f"--host is {arguments.host}: without a token only loopback is listened on; pass --tokens FILE"
        )
    if arguments.processes < 1:
        raise ConfigurationError(f"--processes is {arguments.processes}: at least one must answer")
    workers = max(1, cores() // arguments.processes) if arguments.workers is None else arguments.workers
    if workers < 1:
        raise ConfigurationError(f"--workers is {workers}: at least one batch must run")
    tls = _tls(arguments.certificate, arguments.key)
    if tls is not None and arguments.grpc_port is not None:
        raise ConfigurationError("gRPC is answered without TLS only: leave --grpc-port or --certificate out")
    if arguments.processes > 1:
        if arguments.grpc_port is not None:
            raise ConfigurationError("gRPC is answered by one process: leave --grpc-port or --processes out")
        models(arguments.repository)  # better said once than by every child
        given = [*words, *([] if "--workers" in words else ["--workers", str(workers)])]
        return Supervisor(given, arguments.processes, arguments.host, arguments.port, _say).run()
    catalogue = Catalogue(arguments.repository, threads=1, device=arguments.device)

    async def run() -> None:
        server = Server(
            catalogue,
            access=Access(tokens, administrators),
            limits=Limits(),
            workers=workers,
            poll=arguments.poll,
            access_log=_log_line if arguments.access_log else None,
        )

        def started(port: int) -> None:
            scheme = "http" if tls is None else "https"
            if server.grpc_port is not None:
                server.say(f"gRPC on {arguments.host}:{server.grpc_port}")
            server.say(f"ready: {len(catalogue.all_served())} models at {scheme}://{arguments.host}:{port}/v2")

        await server.run(
            arguments.host,
            arguments.port,
            tls=tls,
            reuse_port=arguments.reuse_port,
            grpc_port=arguments.grpc_port,
            started=started,
        )

    _run(run())
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the log


def _log_line(entry: Mapping[str, Any]) -> None:
    print(json.dumps(entry), flush=True)  # noqa: T201 - the log goes to standard output


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where there is one: it takes half of asyncio's time a request."""
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        asyncio.run(main)
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main)


def cores() -> int:
    """Return the cores this process may use: its affinity mask, cut by the cgroup's CPU quota."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        limit, period = CGROUP_QUOTA.read_text("ascii").split()
        return max(1, min(count, int(limit) // int(period)))
    except (OSError, ValueError):  # no cgroup, or no limit: "max"
        return count


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if (certificate is None) != (key is None):
        raise ConfigurationError("TLS needs both --certificate and --key")
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:  # it names no file
        raise ConfigurationError(
            f"--certificate {certificate} and --key {key} must be PEM files of a pair, without a passphrase: {error}"
        ) from error
    return context
