"""`python -m bench speed-beside BASE NEW --base-python PYTHON`: the speeds of two checkouts side by side.

BASE and NEW are results folders. The base's arms are trained, a slice at a time, in --base-checkout by --base-python,
the new ones by this Python in this checkout, and both take turns. What comes of it goes to NEW/.../beside/, where
`python -m bench compare BASE NEW` finds it: speeds of runs at different times tell little on a machine that is shared.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from bench.harness.data.catalogue import data_root
from bench.harness.errors import UserError
from bench.harness.paths import PROJECT
from bench.harness.records.beside import save_beside
from bench.harness.records.record import load
from bench.harness.records.store import RECORDS, results_folders
from bench.harness.speed.beside import Place, measure_beside
from bench.harness.streams import say


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare both sides."""
    parser.add_argument("base", type=Path, metavar="BASE", help="results folder of the base")
    parser.add_argument("new", type=Path, metavar="NEW", help="results folder of the new run")
    parser.add_argument(
        "--base-python", type=Path, metavar="PYTHON", help="the base's Python; default: the one that runs this"
    )
    parser.add_argument("--base-checkout", type=Path, metavar="DIR", help="the base's checkout; default: this one")
    parser.add_argument("--studies", default=None, metavar="A,B", help="these studies only")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or mps")
    parser.add_argument("--threads", default=None, type=int, metavar="N", help="CPU threads; default: the base's best")
    parser.add_argument("--data-root", help="where torchvision's files are; or CONVBENCH_DATA")


def run(arguments: argparse.Namespace) -> None:
    """Measure every study of which both have arms.

    Raises:
        UserError: there are no records, the runs share no arm, or a side cannot be started.
    """
    base = _folders(arguments.base)
    measured = 0
    for name, new in _folders(arguments.new).items():
        if name in base:
            measured += _measure(arguments, base[name], new)
    if not measured:
        raise UserError(f"{arguments.base} and {arguments.new} share no arm: name two runs of the same studies")


def _folders(path: Path) -> dict[str, Path]:
    """Return the folders with records, by their protocol's name."""
    return {load(folder / RECORDS)[-1].protocol: folder for folder in results_folders(path)}


def _measure(arguments: argparse.Namespace, base: Path, new: Path) -> int:
    """Measure the studies of one folder; return how many there were."""
    places = {
        "base": Place(
            (arguments.base_python or Path(sys.executable)).absolute(),
            (arguments.base_checkout or PROJECT).absolute(),
            (base / RECORDS).absolute(),
        ),
        "new": Place(Path(sys.executable), PROJECT, (new / RECORDS).absolute()),
    }
    root = data_root(arguments.data_root)
    options = {
        "data_root": str(root.absolute()) if root else None,
        "device": arguments.device,
        "threads": arguments.threads,
    }
    in_base = set(_in_order(base))
    wanted = arguments.studies.split(",") if arguments.studies else None
    arms: dict[str, list[str]] = {}
    for study, arm in _in_order(new):
        if (study, arm) in in_base and (wanted is None or study in wanted):
            arms.setdefault(study, []).append(arm)
    for study, members in arms.items():
        record = measure_beside(study, members, places, options=options, turn_ended=partial(_say_turn, study))
        say(f"wrote {save_beside(new, record)}")
    return len(arms)


def _say_turn(study: str, taken: int, wanted: int) -> None:
    if taken % 10 == 0:
        say(f"{study}: {taken} of {wanted} turns")


def _in_order(folder: Path) -> list[tuple[str, str]]:
    records = sorted(load(folder / RECORDS), key=lambda record: (record.study, record.context["order"]))
    return list(dict.fromkeys((record.study, record.arm) for record in records))
