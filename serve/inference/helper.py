"""A process of its own for work that would hold up everything else: reading pictures that strangers send.

Python runs one thread at a time, so a picture that takes half a second in a thread holds up the event loop for parts of
it. In another process it holds up nobody; what takes too long, or too much memory, ends that process alone.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar

from serve.errors import LATE, RequestError

Result = TypeVar("Result")
NICE = 5  # answers that are already being computed come first
BROKEN = (OSError, EOFError, pickle.UnpicklingError)  # what its end looks like from here


class Helper:
    """A process that does one piece of work after the other; it is started when it is first needed.

    Args:
        name: the work's name, as a client is told.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, seconds: float, work: Callable[..., Result], *arguments: Any) -> Result:  # noqa: ANN401 - the work's
        """Return what some work returns. For one thread at a time, which waits here.

        Args:
            seconds: time that it may take.
            work: a function of a module.
            arguments: its arguments; they are copied to the process, and its result back.

        Raises:
            RequestError: 504, it took too long; 500, the process ended.
            Exception: whatever the work raises.
        """
        process = self._running()
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            assert process.stdin is not None  # noqa: S101 - both are pipes
            assert process.stdout is not None  # noqa: S101 - as above
            _send(process.stdin, (work, arguments))
            failed, outcome = pickle.load(process.stdout)  # noqa: S301 - as above
        except BROKEN as error:
            self.close()
            if late.is_set():
                raise RequestError(504, f"{self.name}: {LATE}") from None
            raise RequestError(500, f"{self.name}: their process ended ({error}); the next one gets another") from None
        finally:
            timer.cancel()
            timer.join()
            if late.is_set():  # perhaps just after the answer: the next work shall not be given to a dying process
                self.close()
        if failed:
            raise outcome
        return outcome  # type: ignore[no-any-return]  # what the work returned

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            command = [sys.executable, "-c", f"from {__name__} import main; main()"]
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        return self._process

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _close(pipe)


def _send(pipe: BinaryIO | Any, message: object) -> None:  # noqa: ANN401 - typeshed's IO[bytes]
    pickle.dump(message, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def _close(pipe: Any) -> None:  # noqa: ANN401 - as above
    with contextlib.suppress(OSError):  # it had something to send, and there is nobody any more
        pipe.close()


def main() -> None:
    """Do what comes on standard input, until that ends: with its server, however that ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the server's processes all together
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints shall not be taken for an answer
    if hasattr(os, "nice"):
        os.nice(NICE)
    while True:
        try:
            work, arguments = pickle.load(questions)  # noqa: S301 - both ends are ours
        except EOFError:
            return
        try:
            _send(answers, (False, work(*arguments)))
        except Exception as error:  # noqa: BLE001 - whatever the work raises is told
            _send(answers, (True, error))
