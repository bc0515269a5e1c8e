"""Every command of `python -m bench` with its module and its line on the help page."""

from collections.abc import Mapping
from typing import NamedTuple

PROGRAM = "python -m bench"


class Listed(NamedTuple):
    """A command's line in the list: its module, and the one summary, which its --help begins with too."""

    module: str
    summary: str


GROUPS: Mapping[str, Mapping[str, Listed]] = {
    "studies": {
        "list": Listed("bench.commands.listing", "studies, architectures, data sets, protocols"),
        "train": Listed("bench.commands.train", "train one architecture, outside any study"),
        "tune": Listed("bench.commands.tune", "choose each arm's learning rate on validation images"),
        "predict": Listed("bench.commands.predict", "classify image files with a trained checkpoint"),
        "speed-phase": Listed("bench.commands.speed_phase", "measure speeds in turns, for trials that are there"),
        "speed-check": Listed(
            "bench.commands.trust.speed_check", "whether intervals of speeds hold 1 for identical arms"
        ),
        "report": Listed("bench.commands.report", "tables, figures and report again, from records alone"),
        "check": Listed("bench.commands.trust.check", "a quick run's nets on the real MNIST test set"),
        "rerun": Listed("bench.commands.trust.rerun", "train a recorded trial again, and whether it agrees"),
        "simulate": Listed(
            "bench.commands.trust.simulate", "whether verdicts keep their promises in simulated studies"
        ),
    },
    "several runs": {
        "compare": Listed("bench.commands.runs.compare", "what changed from one run to another, and a gate on it"),
        "speed-beside": Listed("bench.commands.runs.speed_beside", "speeds of two checkouts side by side, in turns"),
    },
    "convbench's own speed": {
        "speed": Listed("bench.performance.speed", "its loop beside those that others write"),
        "gpu": Listed("bench.performance.gpu.command", "every path that nets take on a GPU, in eight minutes"),
        "growth": Listed("bench.performance.growth", "how time and memory grow with sizes"),
        "hotspots": Listed("bench.performance.hotspots", "where a training step's time goes"),
        "startup": Listed("bench.performance.startup", "what each command costs before it does anything"),
        "layers": Listed("bench.performance.layers.every", "every layer by threads and memory format"),
        "lrn": Listed("bench.performance.layers.lrn", "LRN's implementations side by side"),
        "batch-norm": Listed("bench.performance.layers.batch_norm", "BatchNorm's implementations side by side"),
        "waiting": Listed("bench.performance.openmp_waiting", "how OpenMP's threads should wait for each other"),
        "cores": Listed("bench.performance.cores", "how soon an answer is there, by number of cores"),
    },
    "the server": {
        "contest": Listed("bench.server.contest.command", "beside the servers that users would pick instead"),
        "stress": Listed("bench.server.stress.command", "where things go wrong: overload, damage, swaps, stops"),
    },
    "the project": {
        "docs": Listed("bench.commands.docs", "write the committed figures into the documentation"),
    },
}
COMMANDS: Mapping[str, Listed] = {name: command for group in GROUPS.values() for name, command in group.items()}


def description(name: str, docstring: str) -> str:
    """Return a command's summary, then its module's docstring without the first line, which says the same."""
    rest = docstring.partition("\n")[2].strip("\n")
    return "\n\n".join(filter(None, (sentence(COMMANDS[name].summary), rest)))


def sentence(summary: str) -> str:
    """Return a summary with a capital letter and a full stop."""
    return f"{summary[:1].upper()}{summary[1:]}."


def help_page(program: str = PROGRAM) -> str:
    """Return every command with its line, in groups."""
    lines = [f"usage: {program} COMMAND [options]      (options: {program} COMMAND --help)"]
    for title, group in GROUPS.items():
        lines += ["", f"{title}:", *(f"  {name:<11} {command.summary}" for name, command in group.items())]
    return "\n".join([*lines, "", "the studies themselves: pytest bench/ [options]"])
