"""`python -m bench stress NAME`: what the server does where things go wrong, and whether it holds what it promises.

    start      how soon it is there, and what it takes at rest
    fuzz       broken requests: no 5xx but 503, no crash, memory flat
    described  what a property-based tester makes of the OpenAPI document: answered as it says
    overload   ten times its capacity: admitted requests in time, most of the capacity used, the rest 429
    shared     the same, while other programs come and go on its cores: 99 % of those admitted in time
    stops      SIGTERM under load: every request that left is answered exactly once
    swaps      new versions under load: the same, by the version that the answer names
    slow       500 clients that take their time: the others wait at most twice as long
    soak       half an hour of everything mixed: memory flat
    damaged    models that were changed: refused by name, the others served

Each starts a server of its own, prints its figures with a verdict, and exits with 1 where something does not hold.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.harness.command import main_guard
from bench.harness.errors import UserError
from bench.harness.files import write_json
from bench.harness.machine.environment import environment
from bench.server.stress.neighbours import programs
from bench.server.stress.scenarios import damaged, fuzz, openapi, overload, slow, soak, start, stops, swaps
from bench.server.stress.table import promises, table

NOT_HELD = 1
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
    "slow": lambda given: slow.run(given.repository, given.model, given.count or 500, 5),
    "soak": lambda given: soak.run(given.repository, given.model, given.count or 30),
    "damaged": lambda given: damaged.run(given.repository, given.model),
}
COUNTED = (
    "starts, requests (fuzz), examples (described), seconds (overload, shared), stops, swaps, clients, minutes (soak)"
)


@main_guard
def main(argv: Sequence[str] | None = None) -> None:
    """Run one trial, print its figures, add them to a file."""
    parser = argparse.ArgumentParser(
        prog="python -m bench stress", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trial", choices=TRIALS, metavar="NAME", help=", ".join(TRIALS))
    parser.add_argument("--repository", default=Path("model_repository"), type=Path, help="default model_repository")
    parser.add_argument("--model", default=MODEL, help=f"default {MODEL}")
    parser.add_argument("--other", default=OTHER, help=f"second model of `swaps`; default {OTHER}")
    parser.add_argument("--count", default=None, type=int, help=f"of {COUNTED}; default: as in the README")
    parser.add_argument("--seed", default=0, type=int, help="of the broken requests; default 0")
    parser.add_argument("--environments", default=Path(".peers"), type=Path, metavar="DIR", help="default .peers")
    parser.add_argument("--json", default=None, type=Path, metavar="FILE", help="add the figures to this file")
    given = parser.parse_args(argv)
    if given.count is not None and given.count < 1:
        raise UserError(f"--count is {given.count}: it must be at least 1")
    found = {**TRIALS[given.trial](given), "model": given.model, "environment": environment()}
    if given.json is not None:
        before = json.loads(given.json.read_text("utf-8")) if given.json.exists() else {}
        write_json(given.json, {**before, given.trial: found})
    print(table({given.trial: found}))  # noqa: T201 - the answer
    broken = [name for name, held in promises(given.trial, found).items() if not held]
    if broken:
        print(f"does not hold: {', '.join(broken)}; {json.dumps(found, indent=1)}", file=sys.stderr)  # noqa: T201 - the verdict
        sys.exit(NOT_HELD)
