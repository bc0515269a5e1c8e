"""`python -m bench stress NAME`: the server where things go wrong, and whether it holds what it promises.

    start      how soon it is there, and what it takes at rest
    fuzz       broken requests: no 5xx but 501 and 503, no crash, memory flat
    described  requests that a property-based tester makes from the OpenAPI document: answered as it says
    overload   ten times its capacity: admitted requests in time, most of the capacity used, the rest 429
    shared     the same, while other programs come and go on its cores: 99 % of those admitted in time
    stops      SIGTERM under load: every request that left is answered exactly once
    swaps      new versions under load: the same, by the version that the answer names
    beside     a fast model beside a slow one: it waits for no more than the run that goes on
    slow       500 clients that take their time: the others wait at most twice as long
    hogs       bodies that do not end, large messages, large pictures: the same, and memory has its budget
    soak       half an hour of everything mixed: memory flat
    damaged    models that were changed: refused by name, the others served

Each starts a server of its own, prints its figures with a verdict, and exits with 1 where something does not hold.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.harness.machine.measuring import add_json, require_at_least, with_conditions, write_result
from bench.harness.validation import read_json
from bench.server.stress.neighbours import programs
from bench.server.stress.scenarios import (
    beside,
    damaged,
    fuzz,
    hogs,
    openapi,
    overload,
    slow,
    soak,
    start,
    stops,
    swaps,
)
from bench.server.stress.table import promises, table

NOT_HELD = 1
OTHER_FILE = "name a file with the figures of other trials, or a new one, after --json"
MODEL, OTHER = "activation_lenet5-relu", "activation_lenet5-tanh"

Trial = Callable[[argparse.Namespace], dict[str, Any]]
TRIALS: Mapping[str, Trial] = {
    "start": lambda given: start.run(given.repository, given.count or 5),
    "fuzz": lambda given: fuzz.run(given.repository, given.model, given.count or 100_000, given.seed),
    "described": lambda given: openapi.run(given.repository, given.environments, given.count or 100, given.seed),
    "overload": lambda given: overload.run(given.repository, given.model, 10.0, given.count or 60),
    "shared": lambda given: overload.run(given.repository, given.model, 10.0, given.count or 60, programs()),
    "stops": lambda given: stops.run(given.repository, given.model, given.count or 50),
    "swaps": lambda given: swaps.run(given.repository, given.model, given.other, given.count or 50),
    "beside": lambda given: beside.run(given.repository, given.model, given.other, given.count or 8),
    "slow": lambda given: slow.run(given.repository, given.model, given.count or 500, 5),
    "hogs": lambda given: hogs.run(given.repository, given.model, given.count or 5),
    "soak": lambda given: soak.run(given.repository, given.model, given.count or 30),
    "damaged": lambda given: damaged.run(given.repository, given.model),
}
COUNTED = (
    "starts, requests (fuzz), examples (described), seconds (overload, shared, beside), stops, swaps, clients (slow), "
    "turns (hogs), minutes (soak)"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the trial, its models and how much of it is done."""
    parser.add_argument("trial", choices=TRIALS, metavar="NAME", help=", ".join(TRIALS))
    parser.add_argument("--repository", default=Path("model_repository"), type=Path, help="default model_repository")
    parser.add_argument("--model", default=MODEL, help=f"default {MODEL}")
    parser.add_argument(
        "--other", default=OTHER, help=f"the second of `swaps`, the slow one of `beside`; default {OTHER}"
    )
    parser.add_argument("--count", default=None, type=int, help=f"number of {COUNTED}; default: as in the README")
    parser.add_argument("--seed", default=0, type=int, help="seed of the broken requests; default 0")
    parser.add_argument("--environments", default=Path(".peers"), type=Path, metavar="DIR", help="default .peers")
    add_json(parser, "figures among those of other trials")


def run(arguments: argparse.Namespace) -> int:
    """Run one trial, print its figures, add them to a file; return 1 where a promise does not hold, else 0."""
    require_at_least(1, arguments, "count")
    _figures(arguments.json)  # a file that cannot be added to is better known before the minutes of measuring
    figures = with_conditions({**TRIALS[arguments.trial](arguments), "model": arguments.model}, arguments)
    write_result(arguments, {**_figures(arguments.json), arguments.trial: figures})
    print(table({arguments.trial: figures}))  # noqa: T201 - the answer
    broken = [name for name, held in promises(arguments.trial, figures).items() if not held]
    if broken:
        print(f"does not hold: {', '.join(broken)}; {json.dumps(figures, indent=1)}", file=sys.stderr)  # noqa: T201 - the verdict
    return NOT_HELD if broken else 0


def _figures(path: Path | None) -> dict[str, dict[str, Any]]:
    """Return the figures of the trials that a file already has, nothing where there is no file.

    Raises:
        ContentError: it holds something else.
    """
    figures: dict[str, dict[str, Any]] = {}
    if path is not None and path.exists():
        figures = read_json(path, dict[str, dict[str, Any]], OTHER_FILE)
    return figures
