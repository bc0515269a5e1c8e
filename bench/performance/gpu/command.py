"""`python -m bench gpu`: every path that nets take on a GPU, within eight minutes on one card.

Memory, determinism, eight seeds as one program, one study in quick, seconds to 90 % on CIFAR-10, and the training speed
of every architecture: eager, compiled (with CUDA graphs), in bf16 and in tf32, in turns. A section that fails is named
and the others are run; so is what did not fit into the time. With --device cpu the same code runs there.
"""

import argparse
import time
from typing import Any

from bench.harness.data.catalogue import data_root
from bench.harness.errors import UserError
from bench.harness.machine.execution import add_threads, applied_execution
from bench.harness.machine.measuring import add_json, with_conditions, write_result
from bench.harness.streams import say
from bench.performance.entries import entries
from bench.performance.gpu.sections import SECTIONS, VARIANTS, Limits, run_section
from bench.performance.gpu.table import table

MINUTES = 8.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the device, the nets and the time."""
    parser.add_argument("--device", default="cuda", help="cuda (default), or another to try the code on")
    parser.add_argument("--entries", default=None, metavar="A,B", help="entries of the leaderboards; default: all")
    parser.add_argument("--minutes", default=MINUTES, type=float, help=f"for everything; default {MINUTES:g}")
    parser.add_argument("--seconds", default=0.1, type=float, help="of a slice of training; default 0.1")
    parser.add_argument(
        "--data-root", default=None, metavar="DIR", help="torchvision's files; default: $CONVBENCH_DATA"
    )
    add_threads(parser)
    add_json(parser, "sections")


def run(arguments: argparse.Namespace) -> None:
    """Measure section by section, write the JSON after each, print the table.

    Raises:
        UserError: no time, an unknown entry, or a device that is not there.
    """
    for option in ("minutes", "seconds"):
        if not getattr(arguments, option) > 0:
            raise UserError(f"--{option} is {getattr(arguments, option):g}: it must be above 0")
    ends, root = time.monotonic() + 60 * arguments.minutes, data_root(arguments.data_root)
    chosen, execution = entries(arguments.entries), applied_execution(arguments)
    sections: dict[str, Any] = {}
    for name, (share, _) in SECTIONS.items():
        now = time.monotonic()
        limits = Limits(execution, chosen, arguments.seconds, root, now + share * max(0.0, ends - now))
        say(f"{name}: {limits.ends - now:.0f} s at most")
        sections[name] = run_section(name, limits)
        content = {"minutes": arguments.minutes, "sections": sections}
        write_result(arguments, with_conditions(content, arguments, device=execution.device, threads=execution.threads))
    print(table(sections, list(VARIANTS)))  # noqa: T201 - the answer
