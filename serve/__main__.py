"""`python -m serve REPOSITORY`: answers the Open Inference Protocol v2 over HTTP from a model repository."""

import argparse
import errno
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from serve.errors import ConfigurationError
from serve.security.tokens import ADMINISTRATORS, TOKENS

USAGE_ERROR = 2
LAST_PORT = 65535


def parser(program: str = "python -m serve") -> argparse.ArgumentParser:
    """Return the options of the program of this name."""
    made = argparse.ArgumentParser(
        prog=program,
        description=__doc__,
        allow_abbrev=False,  # --processes gives its children these words but for itself: it must know it by its name
    )
    made.add_argument("repository", type=Path, nargs="?", default=Path("model_repository"))
    made.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1; others need a token")
    made.add_argument("--port", type=_port, default=8000, help="default 8000; 0: any that is free")
    made.add_argument(
        "--processes", type=int, default=1, help="that share the port, where HTTP is the limit; default 1"
    )
    made.add_argument(
        "--reuse-port", action="store_true", help=argparse.SUPPRESS
    )  # what --processes gives its children
    made.add_argument("--grpc-port", type=_port, help="answer gRPC too; needs grpcio and tritonclient")
    made.add_argument("--workers", type=int, help="batches that run at the same time; default: every core")
    made.add_argument(
        "--body-memory",
        type=int,
        metavar="MB",
        help="of requests that are read or wait, beyond is 503; default: a quarter of the memory",
    )
    made.add_argument("--poll", type=float, default=5.0, help="seconds between looks at the repository; 0: SIGHUP only")
    made.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    made.add_argument("--tokens", type=Path, metavar="FILE", help=f"a bearer token a line; or {TOKENS}, commas between")
    made.add_argument("--admin-tokens", type=Path, metavar="FILE", help=f"for load and unload; or {ADMINISTRATORS}")
    made.add_argument("--access-log", action="store_true", help="a JSON line a request, on standard output")
    made.add_argument("--json-log", action="store_true", help="the log on standard error as JSON, with levels")
    made.add_argument(
        "--trace", action="store_true", help="send OpenTelemetry spans, as OTEL_... say; needs the extra otel"
    )
    made.add_argument(
        "--cors", action="append", default=[], metavar="ORIGIN", help="whose pages may ask; again for more; '*': all"
    )
    made.add_argument("--certificate", type=Path, metavar="FILE", help="PEM, for TLS; with --key")
    made.add_argument("--key", type=Path, metavar="FILE", help="PEM")
    return made


def main(argv: Sequence[str] | None = None, program: str = "python -m serve") -> int:
    """Serve until SIGTERM; return the exit status. Help pages show the program's name."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until somebody listens: who reloads early shall not end it
    arguments = parser(program).parse_args(argv)
    from export.repository.layout import RepositoryError  # noqa: PLC0415 - `--help` waits for nothing
    from serve.run import serve  # noqa: PLC0415 - as above

    try:
        return serve(arguments, sys.argv[1:] if argv is None else argv)
    except (RepositoryError, ConfigurationError, OSError, ModuleNotFoundError) as error:
        reason = str(error)
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            reason = f"port {arguments.port} is taken on {arguments.host}: pass --port N, 0 for any that is free"
        print(f"error: {reason}", file=sys.stderr)  # noqa: T201 - the command's own error
        return USAGE_ERROR


def _port(text: str) -> int:
    """Return a port.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isascii() or not text.isdigit() or int(text[:9]) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to {LAST_PORT}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
