"""`python -m bench simulate`: on simulated studies, whether the verdicts keep their promises."""

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tabulate import tabulate

from bench.harness.files import write_json
from bench.harness.machine.environment import environment
from bench.harness.stats.calibration.simulation import (
    ARMS,
    KINDS,
    NOT_PROMISED,
    POPULATIONS,
    PROMISES,
    Share,
    broken_promises,
    simulate_all,
)
from bench.harness.stats.looks import LOOKS

UNSHOWN = ("right answers, ", "trials of")  # kept in the file alone


def table(shares: Mapping[str, Mapping[str, Share]], tablefmt: str = "simple") -> str:
    """Return the shares in percent with their standard errors, a row a population and a column a promise."""
    names = list(dict.fromkeys([*PROMISES, *(name for by in shares.values() for name in by)]))
    shown = [name for name in names if any(name in by for by in shares.values()) and not name.startswith(UNSHOWN)]
    promised = [
        "promised",
        *(
            "{:.0f} to {:.0f}".format(*(100 * end for end in PROMISES[name])) if name in PROMISES else ""
            for name in shown
        ),
    ]
    rows = [
        [
            f"{population}{' (not promised)' if population in NOT_PROMISED else ''}",
            *(_percent(by[name]) if name in by else "" for name in shown),
        ]
        for population, by in shares.items()
    ]
    return tabulate(
        [promised, *rows], headers=["percent ± standard error", *shown], tablefmt=tablefmt, disable_numparse=True
    )


def _percent(one: Share) -> str:
    return f"{100 * one.share:.1f} ± {100 * one.standard_error:.1f}"


def evidence(shares: Mapping[str, Mapping[str, Share]], studies: int, seed: int, seconds: float) -> dict[str, Any]:
    """Return all that there is to keep of a run, for JSON."""
    machine = environment()
    kept = ("hardware", "cores", "memory_gib", "os", "python", "numpy", "scipy", "commit")
    return {
        "command": f"python -m bench simulate --draws {studies} --seed {seed}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "duration_seconds": round(seconds, 1),
        **{name: machine[name] for name in kept},
        "studies": studies,
        "seed": seed,
        "arms": ARMS,
        "looks": LOOKS,
        "kinds": KINDS,
        "promises": PROMISES,
        "broken_promises": broken_promises(shares),
        "populations": [asdict(population) for population in POPULATIONS],
        "results": {population: {name: one._asdict() for name, one in by.items()} for population, by in shares.items()},
    }


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare how many studies are drawn."""
    parser.add_argument("--draws", type=int, default=2000, help="studies of each kind per population (default 2000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of all that is drawn (default 0)")
    parser.add_argument("--out", type=Path, default=None, metavar="FILE", help="write the result to this JSON file")


def run(arguments: argparse.Namespace) -> int:
    """Simulate, print the table, write the evidence; return 1 where a promise is broken, else 0."""
    start = time.perf_counter()
    shares = simulate_all(arguments.draws, arguments.seed, environment()["cores"])
    print(table(shares))  # noqa: T201 - the command's output
    if arguments.out is not None:
        seconds = time.perf_counter() - start
        write_json(arguments.out, evidence(shares, arguments.draws, arguments.seed, seconds))
    broken = broken_promises(shares)
    for sentence in broken:
        print(f"broken promise: {sentence}", file=sys.stderr)  # noqa: T201 - the command's output
    return 1 if broken else 0
