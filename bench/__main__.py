"""`python -m bench COMMAND`: every command of convbench but pytest's, on one page. Alone it lists them."""

import importlib
import sys
from collections.abc import Sequence
from functools import partial

from bench.commands.index import COMMANDS, PROGRAM, description, help_page
from bench.harness.command import USAGE_ERROR, ended, start
from bench.harness.errors import unknown


def main(argv: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Start a command; return the exit status: 2 for an unknown name, otherwise as `bench.harness.command.start`.

    Args:
        argv: the words; None: those of the process.
        program: the name that help pages show.
    """
    return ended(partial(_start, sys.argv[1:] if argv is None else argv, program))


def _start(words: Sequence[str], program: str) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(help_page(program))  # noqa: T201 - the command's output
        return 0
    name, *rest = words
    if name not in COMMANDS:
        print(f"error: {unknown('command', name, COMMANDS)}", file=sys.stderr)  # noqa: T201 - the command's output
        return USAGE_ERROR
    module = importlib.import_module(COMMANDS[name].module)
    return start(module, rest, name=f"{program} {name}", description=description(name, module.__doc__ or ""))


if __name__ == "__main__":
    sys.exit(main())
