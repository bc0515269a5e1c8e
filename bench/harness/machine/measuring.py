"""The frame of a command that measures: the options that such commands share, and a result with its conditions.

Such a command measures in turns (`turns`), writes JSON and prints a table. Nets that it runs itself are asked for with
`execution`, which imports torch; this module does not.
"""

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.harness.errors import UserError
from bench.harness.files import write_json
from bench.harness.machine.environment import environment


def add_repeats(parser: argparse.ArgumentParser, default: int, subject: str = "turns") -> None:
    """Declare --repeats; the subject says in the help what is repeated."""
    parser.add_argument("--repeats", default=default, type=int, help=f"{subject}; default {default}")


def add_json(parser: argparse.ArgumentParser, content: str) -> None:
    """Declare --json; the content says in the help what is written."""
    parser.add_argument("--json", default=None, type=Path, metavar="FILE", help=f"write the {content} to this file")


def require_at_least(least: int, arguments: argparse.Namespace, *options: str) -> None:
    """Check whole numbers among the options.

    Args:
        least: the smallest value.
        arguments: the parsed options.
        options: names without their hyphens.

    Raises:
        UserError: one is smaller, and not None.
    """
    for option in options:
        value = getattr(arguments, option)
        if value is not None and value < least:
            raise UserError(f"--{option} is {value}: it must be at least {least}")


def with_conditions(
    content: Mapping[str, Any],
    arguments: argparse.Namespace,
    *,
    device: str | None = None,
    threads: int | None = None,
    libraries: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return a result behind its conditions: command, date, device and threads where nets ran, environment.

    Args:
        content: the result.
        arguments: the parsed options with their `command_line`.
        device: the nets' device, None where none ran.
        threads: the nets' CPU threads, None where none ran.
        libraries: versions that the environment has beside those of every record.
    """
    runs = {name: value for name, value in (("device", device), ("threads", threads)) if value is not None}
    return {
        "command": arguments.command_line,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        **runs,
        "environment": {**environment(device or "cpu"), **(libraries or {})},
        **content,
    }


def write_result(arguments: argparse.Namespace, content: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write a result to the file of --json, where there is one."""
    if arguments.json is not None:
        write_json(arguments.json, content)
