"""The conditions of a measurement: hardware, operating system, library versions, commit."""

import importlib.metadata
import os
import platform
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from bench.harness.paths import PROJECT

CPU = Path("/proc/cpuinfo")  # Linux alone has it
COMMIT_LETTERS = 12  # that tables show
UNKNOWN = "unknown"
COMMIT_VARIABLE = "CONVBENCH_COMMIT"  # says it where the code was sent to without its checkout
NO_CHECKOUT = "no git checkout"
GIT_REFUSALS = {
    "not a git repository": NO_CHECKOUT,
    "dubious ownership": "the checkout belongs to another user: git config --global --add safe.directory names it",
    "unknown revision": "no commit yet",
}
LIBRARIES = ("torchvision", "numpy", "scipy", "mlxtend", "pytest", "pytest-benchmark")


@cache
def environment(device: str = "cpu") -> dict[str, Any]:
    """Return what every record carries: plain strings and numbers.

    Args:
        device: cpu, cuda or mps; on CUDA the GPU's name is the hardware.
    """
    return {
        "hardware": _gpu_name() if device == "cuda" else _cpu_name(),
        "cores": cores(),
        "memory_gib": _memory_gib(),
        "os": platform.platform(terse=True),
        "python": platform.python_version(),
        "torch": _torch_version(),
        **{name.replace("-", "_"): _version(name) for name in LIBRARIES},
        "openmp_spin_count": os.environ.get("GOMP_SPINCOUNT", "default"),
        "commit": commit(),
    }


def cores() -> int:
    """Return how many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def commit() -> str:
    """Return the checkout's commit, `+changes` behind it where files differ; else `unknown` and why, in brackets."""
    if COMMIT_VARIABLE in os.environ:
        return os.environ[COMMIT_VARIABLE]
    try:
        if _git("rev-parse", "--show-prefix"):
            return f"{UNKNOWN} ({NO_CHECKOUT})"  # the folder around it is one, of something else
        revision = _git("rev-parse", "HEAD")
        return f"{revision}+changes" if _git("status", "--porcelain", "--untracked-files=no") else revision
    except FileNotFoundError:
        reason = "git is not installed"
    except subprocess.CalledProcessError as error:
        reason = _git_reason(error)
    except (OSError, subprocess.SubprocessError) as error:
        reason = f"git failed: {type(error).__name__}"
    return f"{UNKNOWN} ({reason})"


def _git_reason(error: subprocess.CalledProcessError) -> str:
    """Return in words why git refused, without the checkout's path."""
    for sign, reason in GIT_REFUSALS.items():
        if sign in error.stderr:
            return reason
    return f"git failed with status {error.returncode}"


def short_commit(revision: str) -> str:
    """Return a commit as tables show it: twelve letters, and that files differed."""
    if revision.startswith(UNKNOWN):
        return revision
    letters, plus, changes = revision.partition("+")
    return f"{letters[:COMMIT_LETTERS]}{plus}{changes}"


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(PROJECT), *arguments]
    english = {**os.environ, "LC_ALL": "C"}
    finished = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10, env=english)  # noqa: S603 - constant arguments
    return finished.stdout.strip()


def _torch_version() -> str:
    """Return torch's version with its build, such as 2.14.1+cpu: the package index knows both builds as 2.14.1."""
    import torch  # noqa: PLC0415 - two seconds that the commands without torch do not need

    return str(torch.__version__)


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _gpu_name() -> str:
    import torch  # noqa: PLC0415 - two seconds that the CPU does not need here

    return torch.cuda.get_device_name()


def _cpu_name() -> str:
    """Return the processor's name as Linux tells it, elsewhere as Python does.

    The records that are there compare by this very text. py-cpuinfo gives the same one, but it starts processes to ask
    the processor itself, which takes a second at every start.
    """
    names = [line.partition(":")[2].strip() for line in cpu_lines() if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def cpu_lines() -> list[str]:
    """Return the lines in which Linux describes the processor, none on another system."""
    try:
        return CPU.read_text("utf-8").splitlines()
    except OSError:
        return []


def _memory_gib() -> float:
    return round(psutil.virtual_memory().total / 2**30, 1)
