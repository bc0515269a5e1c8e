"""`python -m bench waiting`: how OpenMP's threads should wait for each other: on a quiet machine and beside others.

Torch's threads meet at the end of every parallel loop. Who is there first spins for a number of rounds (GOMP_SPINCOUNT)
before it sleeps: short spins cost a call of the system at each meeting, long ones burn a core that another thread, or
another program, needs. A training on all cores is measured under each setting, in a process of its own, and on one
thread; all take turns, alone, beside one program that never rests, and beside one for each core. `bench/__init__.py`
has the setting that is used.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from tabulate import tabulate

from bench.harness.machine.device import available_cores
from bench.harness.machine.measuring import add_json, add_repeats, require_at_least, with_conditions, write_result
from bench.harness.machine.neighbours import busy_programs
from bench.harness.machine.turns import by_name, disturbed, guarded_turns, turns_text
from bench.harness.number_format import significant
from bench.harness.paths import PROJECT
from bench.harness.streams import say

SPINS = "GOMP_SPINCOUNT"
VARIABLES = (SPINS, "OMP_WAIT_POLICY")
ENTRIES = ("lenet5", "base-bn", "sk-x0.2", "alexnet32-lrn")
SECONDS = 0.3  # of a training in a turn
SERVE = "import torch; from bench.performance.openmp_waiting import serve; serve()"  # bench would choose a setting

Rates = dict[str, dict[str, list[float]]]  # images/s by setting, by net, one a turn
Ask = Callable[[str], float]


class Waiting(NamedTuple):
    """A way to wait: its name, environment variables, and whether the training has all cores, else one."""

    name: str
    variables: Mapping[str, str]
    all_cores: bool = True


SETTINGS = (
    Waiting("one thread", {SPINS: "20000"}, all_cores=False),
    Waiting("libgomp's default", {}),
    Waiting("OMP_WAIT_POLICY=passive", {"OMP_WAIT_POLICY": "passive"}),
    *(Waiting(f"{SPINS}={spins}", {SPINS: spins}) for spins in ("0", "1000", "5000", "20000", "100000")),
)


def serve() -> None:
    """Answer each line of standard input, the name of an entry, with the images/s of its training."""
    from bench.harness.machine.device import Execution, apply  # noqa: PLC0415 - in the measured process only
    from bench.performance.entries import entries  # noqa: PLC0415
    from bench.performance.loops import convbench_training  # noqa: PLC0415

    execution = Execution("cpu", int(sys.argv[1]))
    apply(execution)
    for line in sys.stdin:
        (entry,) = entries(line.strip())
        print(convbench_training(entry, execution, SECONDS), flush=True)  # noqa: T201 - the answer


@contextlib.contextmanager
def training(waiting: Waiting, cores: int) -> Iterator[Ask]:
    """Yield the function that measures an entry's training in a process that waits in this way."""
    inherited = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    command = [sys.executable, "-c", SERVE, str(cores if waiting.all_cores else 1)]
    with subprocess.Popen(  # noqa: S603 - our own
        command,
        cwd=PROJECT,
        env={**inherited, **waiting.variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        yield partial(_ask, process)
        process.stdin.close()  # type: ignore[union-attr]  # a pipe


def _ask(process: "subprocess.Popen[str]", entry: str) -> float:
    print(entry, file=process.stdin, flush=True)
    return float(process.stdout.readline())  # type: ignore[union-attr]  # a pipe


def measure(neighbours: Sequence[int], cores: int, repeats: int) -> tuple[dict[int, Rates], dict[int, int]]:
    """Return the rates, and how many turns programs that are not ours disturbed; each by number of busy programs."""
    rates, disturbances = dict[int, Rates](), dict[int, int]()
    with contextlib.ExitStack() as stack:
        asks = {waiting.name: stack.enter_context(training(waiting, cores)) for waiting in SETTINGS}
        timed = {(name, entry): partial(ask, entry) for name, ask in asks.items() for entry in ENTRIES}
        for count in neighbours:
            with busy_programs(count):
                turns = guarded_turns(timed, repeats, turn_ended=partial(_say_turn, count, repeats), children=True)
            values = by_name(turns)
            rates[count] = {name: {entry: values[name, entry] for entry in ENTRIES} for name in asks}
            disturbances[count] = disturbed(turns)
    return rates, disturbances


def _say_turn(count: int, repeats: int, taken: int) -> None:
    say(f"beside {count} busy programs: turn {taken}/{repeats}")


def table(content: Mapping[str, Any]) -> str:
    """Return each setting's speed beside the fastest on the quiet machine, and what it keeps of its fair share."""
    cores = content["cores"]
    medians = {int(count): _medians(rates) for count, rates in content["images_per_second"].items()}
    best = {net: max(nets[net] for nets in medians[0].values()) for net in ENTRIES}
    headers = ["waiting", *(_header(count, cores) for count in medians)]
    rows = [
        (name, *(_shares(nets[name], best, cores / (cores + count)) for count, nets in medians.items()))
        for name in medians[0]
    ]
    return tabulate(rows, headers, tablefmt="pipe", disable_numparse=True)


def turns_of(content: Mapping[str, Any]) -> str:
    """Return how many turns each figure is the median of, and how many of them others disturbed."""
    nets = [by_net for rates in content["images_per_second"].values() for by_net in rates.values()]
    kept = (len(values) for by_net in nets for values in by_net.values())
    return turns_text(kept, content["turns_disturbed"].values())


def _medians(rates: Rates) -> dict[str, dict[str, float]]:
    return {name: {net: statistics.median(values) for net, values in by_net.items()} for name, by_net in rates.items()}


def _header(count: int, cores: int) -> str:
    return f"beside {count}: of {significant(cores / (cores + count), 2)} of the fastest" if count else "of the fastest"


def _shares(medians: Mapping[str, float], best: Mapping[str, float], fair: float) -> str:
    """Return the least and the largest share of a fair one, over the nets."""
    shares = [medians[net] / best[net] / fair for net in medians]
    return f"{significant(min(shares), 2)} to {significant(max(shares), 2)}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare how often each setting is measured."""
    add_repeats(parser, 7, "turns of every setting")
    add_json(parser, "rates")


def run(arguments: argparse.Namespace) -> None:
    """Measure, write the rates, print the table."""
    require_at_least(1, arguments, "repeats")
    cores = available_cores()
    rates, disturbances = measure(sorted({0, 1, cores}), cores, arguments.repeats)
    measured = {
        "images_per_second": {str(count): by for count, by in rates.items()},
        "turns_disturbed": {str(count): number for count, number in disturbances.items()},
    }
    content = with_conditions({"cores": cores, **measured}, arguments, threads=cores)
    write_result(arguments, content)
    print(f"{table(content)}\n\n{turns_of(content)}")  # noqa: T201 - the answer
