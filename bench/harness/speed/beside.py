"""Measures the arms of two checkouts, or of two torches, side by side: a process for each, and both take turns.

Speeds of runs at different times cannot be compared on a machine that others share: the same nets were up to 1.5 times
as fast from one minute to the next, with nothing to be seen in the processor's accounts (docs/comparing.md). What took
turns shares such moments. Both processes are started anew some times, because a process keeps the place in memory that
it was given (T. Kalibera and R. Jones, Rigorous benchmarking in reasonable time, 2013).
"""

import json
import subprocess
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

from bench.harness.errors import UserError
from bench.harness.machine.turns import Turn, guarded_turns
from bench.harness.records.beside import BESIDE_SCHEMA, ArmBeside, BesideRecord
from bench.harness.records.speed import TurnUsage

MODULE = "bench.harness.speed.worker"
STARTS = 4
TURNS = 40  # in all starts together
END_SECONDS = 10.0  # for a process that was told to end

Reply = dict[str, Any]
_Turn = Turn[tuple[str, str], float]  # side and arm


@dataclass(frozen=True)
class Place:
    """Where a side is: its Python, its checkout and its file of records."""

    python: Path
    checkout: Path
    records: Path


class Worker:
    """A side's process. A context manager: it has ended when the block is left.

    Args:
        name: for messages.
        place: where it is.
    """

    def __init__(self, name: str, place: Place) -> None:
        self._name, self._place = name, place

    def __enter__(self) -> Self:
        """Start the process.

        Raises:
            UserError: there is no such Python or checkout.
        """
        module = self._place.checkout / f"{MODULE.replace('.', '/')}.py"
        if not module.is_file():  # a Python that convbench is installed in would find another checkout's
            raise UserError(f"the {self._name}'s checkout {self._place.checkout} has no {MODULE}")
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the user names the program
                [str(self._place.python), "-m", MODULE],
                cwd=self._place.checkout,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        except OSError as error:
            raise UserError(f"the {self._name}'s process cannot be started: {error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._process.stdin.close()  # type: ignore[union-attr]  # it was opened above
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]

    def ask(self, **request: object) -> Reply:
        """Return the answer to a request.

        Raises:
            UserError: it could not be done, or the process has ended.
        """
        try:
            self._process.stdin.write(json.dumps(request) + "\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
            line = self._process.stdout.readline()  # type: ignore[union-attr]
        except OSError:
            line = ""
        if not line:
            raise UserError(
                f"the {self._name}'s process ended (its messages are above): does {self._place.checkout} have "
                f"{MODULE}, and {self._place.python} its libraries?"
            )
        reply: Reply = json.loads(line)
        if "error" in reply:
            raise UserError(f"the {self._name}: {reply['error']}")
        return reply


def measure_beside(
    study: str,
    arms: Sequence[str],
    places: Mapping[str, Place],
    *,
    options: Mapping[str, object],
    turn_ended: Callable[[int, int], None],
) -> BesideRecord:
    """Measure a study's arms on both sides, in turns.

    Args:
        study: its name.
        arms: those that both sides have records of.
        places: where `base` and `new` are.
        options: data_root, device and threads, for both.
        turn_ended: told after each turn how many there have been, and how many are wanted.

    Raises:
        UserError: a side cannot be started, or cannot train an arm.
    """
    started, turns = datetime.now(UTC), list[_Turn]()
    threads = dict[str, int]()
    for start in range(STARTS):
        with Worker("base", places["base"]) as base, Worker("new", places["new"]) as new:
            sides = {"base": base, "new": new}
            facts = {name: Reply() for name in sides}
            for arm in arms:
                facts = _prepare(sides, places, {"study": study, "arm": arm, **options}, threads)
            measurements = {(name, arm): partial(_measure, side, arm) for name, side in sides.items() for arm in arms}
            taken = len(turns)
            turns += guarded_turns(
                measurements,
                TURNS // STARTS,
                seed=start,
                turn_ended=lambda now, taken=taken: turn_ended(taken + now, TURNS),  # type: ignore[misc]
                children=True,
            )
    return BesideRecord(
        schema=BESIDE_SCHEMA,
        phase_id=uuid.uuid4().hex,
        study=study,
        protocol=facts["new"]["protocol"],
        data_sha256=facts["new"]["data_sha256"],
        device=facts["new"]["device"],
        started=started.isoformat(timespec="seconds"),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        starts=STARTS,
        turns=[cast("TurnUsage", {**turn.usage._asdict(), "disturbance": turn.usage.cause}) for turn in turns],
        arms=[
            ArmBeside(
                arm=arm,
                threads=threads[arm],
                base=[turn.values["base", arm] for turn in turns],
                new=[turn.values["new", arm] for turn in turns],
            )
            for arm in arms
        ],
        base=facts["base"]["environment"],
        new=facts["new"]["environment"],
    )


def _prepare(
    sides: Mapping[str, Worker], places: Mapping[str, Place], options: Mapping[str, object], threads: dict[str, int]
) -> dict[str, Reply]:
    """Make an arm ready on both sides, with as many threads as are fastest in the base's first start."""
    arm = str(options["arm"])
    facts = dict[str, Reply]()
    for name, side in sides.items():
        chosen = {"threads": threads[arm]} if arm in threads else {}
        facts[name] = side.ask(do="prepare", records=str(places[name].records), **{**options, **chosen})
        threads.setdefault(arm, facts[name]["threads"])
    one, other = (facts[name]["data_sha256"] for name in ("base", "new"))
    if one != other:
        raise UserError(f"the base trains on other images (SHA-256 {one[:12]}) than the new run ({other[:12]})")
    _check_base(facts["base"])
    return facts


def _check_base(facts: Reply) -> None:
    """Refuse a base that is not what its records are of: `compare` would not find the measurement."""
    is_at = {name: facts["environment"].get(name, "unknown") for name in facts["recorded"]}
    if is_at != facts["recorded"]:
        recorded, now = (
            ", ".join(f"{name} {value}" for name, value in one.items()) for one in (facts["recorded"], is_at)
        )
        raise UserError(f"the base's records are of {recorded}, but its checkout and Python are at {now}")


def _measure(side: Worker, arm: str) -> float:
    return float(side.ask(do="measure", arm=arm)["images_per_second"])
