"""Commands in processes of their own that begin with torch already imported: each starts two CPU seconds sooner.

A server process imports the libraries once and is forked for each command. The command is a process like any other:
its own memory, output, exit status and signals. Where there is no fork, it is started the usual way.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.harness.paths import PROJECT

LIBRARIES = ("torch", "torchvision", "matplotlib.pyplot", "pandas", "scipy.stats", "mlxtend.data", "safetensors.torch")
FORKED = "forkserver" in multiprocessing.get_all_start_methods()


def run_module(
    module: str, *words: str, seconds: float = 300, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Return how `python -m MODULE WORDS` ends in the project's folder, with what it printed.

    Args:
        module: Name of the module.
        words: Its command line.
        seconds: Longest time that it may take.
        environment: Variables that it has beside those of the tests.

    Raises:
        TimeoutExpired: It took longer, and has been killed.
    """
    if not FORKED:
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", module, *words],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            env={**os.environ, **(environment or {})},
        )
    with tempfile.TemporaryDirectory() as folder:
        outputs = Path(folder, "stdout"), Path(folder, "stderr")
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(LIBRARIES))
        process = context.Process(target=_command, args=(module, words, outputs, {**os.environ, **(environment or {})}))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired([module, *words], seconds)
        printed = [path.read_text("utf-8") for path in outputs]
    return subprocess.CompletedProcess([module, *words], process.exitcode, *printed)


def _command(module: str, words: Sequence[str], outputs: tuple[Path, Path], environment: Mapping[str, str]) -> None:
    """Be the command, in the forked process."""
    os.chdir(PROJECT)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, path in zip((1, 2), outputs, strict=True):
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
