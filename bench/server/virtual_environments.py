"""A virtual environment for each peer, made once with its pinned packages."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.harness.errors import UserError


def environment_python(name: str, requirements: Sequence[str], environments: Path) -> Path:
    """Return the Python of an environment with these requirements, which is made first where it is missing.

    Raises:
        UserError: they cannot be installed.
    """
    folder = environments / name
    python, stamp = folder / "bin" / "python", folder / "installed"
    wanted = "\n".join(requirements)
    if not (stamp.exists() and stamp.read_text("utf-8") == wanted):
        output_of([sys.executable, "-m", "venv", "--clear", str(folder)])
        output_of([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements])
        stamp.write_text(wanted, "utf-8")
    return python.absolute()


def output_of(command: Sequence[str]) -> str:
    """Return what a command prints.

    Raises:
        UserError: it failed; the message has the end of its output.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own commands
    if done.returncode:
        raise UserError(f"`{' '.join(command)}` failed: {done.stderr[-500:]}")
    return done.stdout
