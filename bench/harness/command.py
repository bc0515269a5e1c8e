"""Everything that commands have in common: the parser, errors in one line with an exit status, NAME=VALUE options.

A command is a module with two functions, `add_options(parser)` and `run(arguments)`; `start` does the rest.
"""

import argparse
import ast
import shlex
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from bench.harness.errors import UserError
from bench.harness.streams import write_plainly, written

USAGE_ERROR = 2
INTERRUPTED = 130  # as shells expect of Ctrl-C


class Command(Protocol):
    """A command: a module, or an object, with these two functions."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""

    def run(self, arguments: argparse.Namespace) -> int | None:
        """Do the work; return the exit status, None for 0.

        Args:
            arguments: the parsed options, and as `command_line` the words that the command was started with.

        Raises:
            UserError: the message is printed alone.
        """


def start(command: Command, words: Sequence[str], *, name: str, description: str) -> int:
    """Parse a command's words and run it; return its exit status.

    A user's error is printed as one line and gives 2, Ctrl-C gives 130, a reader that is gone 141; a mistake of ours
    keeps its traceback.

    Args:
        command: the command's module.
        words: the command line behind the name.
        name: the program's name in the help and the command line, such as `python -m bench speed`.
        description: the help's text; indented paragraphs keep their lines.

    Raises:
        SystemExit: with 0 after --help, with 2 where the words do not parse.
    """
    parser = argparse.ArgumentParser(
        prog=name, description=filled(description), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(command_line=" ".join(filter(None, (name, shlex.join(words)))))
    command.add_options(parser)
    return ended(lambda: command.run(parser.parse_args(words)) or 0)


def ended(work: Callable[[], int]) -> int:
    """Do some work, its output in any encoding; return the exit status, an error's beside its line, as of `start`."""
    write_plainly()
    try:
        return written(work)
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except Exception as error:
        if not isinstance(error, (UserError, OSError, *_model_errors())):
            raise
        return _fail(str(error), USAGE_ERROR)


def filled(text: str) -> str:
    """Return paragraphs that fill the terminal's lines; indented ones stay as they are."""
    width = max(40, shutil.get_terminal_size().columns - 2)
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(part if part.startswith(" ") else textwrap.fill(part, width) for part in paragraphs)


def _model_errors() -> tuple[type[Exception], ...]:
    """Return the errors of models/, where it was imported: its torch takes seconds that not every command needs."""
    options = sys.modules.get("models.parts.options")
    return () if options is None else (options.ModelError,)


def _fail(message: str, code: int) -> int:
    def say() -> int:
        print(f"error: {message}", file=sys.stderr)  # noqa: T201 - a command's own error
        return code

    return written(say)


def parse_assignments(pairs: Iterable[str]) -> dict[str, Any]:
    """Return the options in `name=value` words; values are Python literals, else strings.

    Raises:
        UserError: a word without `=`.
    """
    return dict(_assignment(pair) for pair in pairs)


def _assignment(pair: str) -> tuple[str, Any]:
    name, equals, value = pair.partition("=")
    if not (name and equals):
        raise UserError(f"{pair!r} is not NAME=VALUE: write for example activation=relu or width=0.5")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value
