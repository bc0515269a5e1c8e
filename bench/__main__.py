"""`python -m bench COMMAND`: every command of convbench but pytest's, on one page. Alone it lists them."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.harness.command import USAGE_ERROR
from bench.harness.errors import unknown


class Command(NamedTuple):
    """A command: the module whose `main(words)` it is, and what it does in one line."""

    module: str
    summary: str


GROUPS: Mapping[str, Mapping[str, Command]] = {
    "studies": {
        "list": Command("bench.commands.listing", "studies, architectures, data sets, protocols"),
        "train": Command("bench.commands.train", "train one architecture, outside any study"),
        "tune": Command("bench.commands.tune", "choose each arm's learning rate on validation images"),
        "predict": Command("bench.commands.predict", "classify image files with a trained checkpoint"),
        "report": Command("bench.commands.report", "tables, figures and report again, from records alone"),
        "simulate": Command("bench.commands.simulate", "check on simulated studies that verdicts keep their promises"),
    },
    "convbench's own speed": {
        "speed": Command("bench.performance.speed", "its loop beside those that others write"),
        "growth": Command("bench.performance.growth", "how time and memory grow with sizes"),
        "hotspots": Command("bench.performance.hotspots", "where a training step's time goes"),
        "startup": Command("bench.performance.startup", "what each command costs before it does anything"),
        "lrn": Command("bench.performance.lrn_layer", "LRN's implementations side by side"),
        "workers": Command("bench.performance.worker_gain", "what trials side by side gain"),
    },
    "the server": {
        "contest": Command("bench.server.contest.__main__", "beside the servers that users would pick instead"),
        "stress": Command("bench.server.stress.__main__", "where things go wrong: overload, damage, swaps, stops"),
    },
    "the project": {
        "docs": Command("bench.commands.docs", "write the committed figures into the documentation"),
    },
}
COMMANDS: Mapping[str, Command] = {name: command for group in GROUPS.values() for name, command in group.items()}


def main(argv: Sequence[str] | None = None) -> int:
    """Start a command; return the exit status: 2 for a name that is none."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help"):
        print(help_page())  # noqa: T201 - the command's output
        return 0
    name, *rest = words
    if name not in COMMANDS:
        print(f"error: {unknown('command', name, COMMANDS)}", file=sys.stderr)  # noqa: T201 - the command's output
        return USAGE_ERROR
    return importlib.import_module(COMMANDS[name].module).main(rest) or 0


def help_page() -> str:
    """Return every command with its line, in groups."""
    lines = ["usage: python -m bench COMMAND [options]      (options: python -m bench COMMAND --help)"]
    for title, group in GROUPS.items():
        lines += ["", f"{title}:", *(f"  {name:<10} {command.summary}" for name, command in group.items())]
    return "\n".join([*lines, "", "the studies themselves: pytest bench/ [options]"])


if __name__ == "__main__":
    sys.exit(main())
