"""`python -m export`: the entry; its options and its work are in `export.command`."""

import sys
from collections.abc import Sequence

from bench.harness.command import start
from export import command


def main(argv: Sequence[str] | None = None, program: str = "python -m export") -> int:
    """Export, verify or time; return the exit status. Help pages show the program's name."""
    words = sys.argv[1:] if argv is None else argv
    return start(command, words, name=program, description=command.__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
