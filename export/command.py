"""`python -m export`: the best checkpoints of a run as a model repository that answers exactly as in the table.

Chooses trials on validation images, makes an ONNX file of each, and publishes those that pass the gate: the whole test
split in onnxruntime and OpenVINO. Exits with 1 where a file was refused; what was published before stays.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.harness.data.catalogue import data_root
from bench.harness.errors import UserError
from bench.harness.files import write_json, write_text
from bench.harness.machine.environment import cores, environment
from bench.harness.records.record import Record, load
from bench.harness.records.store import EXPORTS
from export.repository.layout import VERSION, RepositoryError
from export.trial.selection import Selection, Wish, select


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare which trials are exported and where to, and the other things to do with a repository."""
    parser.add_argument(
        "--results", type=Path, default=Path("results/quick"), help="a run's folder; default results/quick"
    )
    parser.add_argument("--out", type=Path, default=Path("model_repository"), help="default model_repository")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--study", metavar="A,B", help="the best trial of each arm of these studies; default: of all")
    which.add_argument("--architecture", metavar="A,B", help="the best trial of each of these, a data set each")
    which.add_argument("--all", action="store_true", help="the best trial of every architecture, a data set each")
    parser.add_argument("--winner", action="store_true", help="of each study only the best trial of all arms")
    parser.add_argument("--version", type=int, help="publish under this number; default: the next")
    parser.add_argument("--no-variants", action="store_true", help="float32 only: neither int8 nor float16")
    parser.add_argument("--data-root", help="where torchvision's files are; or CONVBENCH_DATA")
    parser.add_argument("--dry-run", action="store_true", help="print what would be exported and why")
    parser.add_argument("--verify", type=Path, metavar="DIR", help="check a repository from its files alone")
    parser.add_argument("--benchmark", action="store_true", help="time every export in torch and onnxruntime")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="for --benchmark: write its rows here, the table beside"
    )


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(text.split(","))


def run(arguments: argparse.Namespace) -> int:
    """Export, verify or time; return 1 where a file was refused or does not hold, else 0.

    Raises:
        UserError: options that do not go together, or a repository or record that cannot be used.
    """
    try:
        return _run(arguments)
    except RepositoryError as error:  # no UserError: the server knows it too, and imports nothing of bench
        raise UserError(str(error)) from error


def _run(arguments: argparse.Namespace) -> int:
    if arguments.json is not None and not arguments.benchmark:
        raise UserError(f"--json is an option of --benchmark: an export writes its figures to RESULTS/{EXPORTS}")
    if arguments.winner and (arguments.all or arguments.architecture):
        raise UserError("--winner chooses within studies: leave --all and --architecture out")
    if arguments.verify is not None:
        from export.verify import verify  # noqa: PLC0415 - onnxruntime alone

        return verify(arguments.verify)
    if arguments.benchmark:
        from export.benchmark import benchmark  # noqa: PLC0415 - as above

        benchmark(arguments)
        return 0
    if arguments.version is not None and not VERSION.fullmatch(str(arguments.version)):
        raise UserError(f"--version is {arguments.version}: versions are whole numbers from 1 on, of at most 18 digits")
    wish = Wish(
        studies=_names(arguments.study),
        architectures=_names(arguments.architecture),
        every=arguments.all,
        winner=arguments.winner,
    )
    records = load(arguments.results / "records.jsonl")
    selection = select(records, wish)
    if arguments.dry_run:
        _say(selection)
        return 0
    return _export(selection, records, arguments)


def _export(selection: Selection, records: Sequence[Record], arguments: argparse.Namespace) -> int:
    """Export one after the other, the table growing on disk; return the exit status."""
    from bench.harness.analysis.analyse import analyse  # noqa: PLC0415 - for the cards alone
    from export.exporter import Exporter  # noqa: PLC0415 - torch and the runtimes: seconds that a dry run does without
    from export.result_table import footer, table  # noqa: PLC0415 - as above
    from export.trial.card import library_versions  # noqa: PLC0415 - as above

    exporter = Exporter(
        results=arguments.results,
        repository=arguments.out,
        data_root=data_root(arguments.data_root),
        threads=cores(),
        variants=not arguments.no_variants,
        version=arguments.version,
        studies=analyse(records, pool=True),
    )
    written = arguments.results / "tables" / "export.md"
    conditions = {"threads": exporter.threads, "environment": {**environment(), **library_versions()}}
    outcomes = []
    for place, choice in enumerate(selection.choices, start=1):
        outcome = exporter.export(choice)
        outcomes.append(outcome)
        print(f"[{place}/{len(selection.choices)}] {outcome.sentence}", flush=True)  # noqa: T201 - the progress
        content = {**conditions, "exports": [outcome.as_dict() for outcome in outcomes]}
        write_json(arguments.results / EXPORTS, content)
        write_text(written, f"{table(outcomes)}\n<sub>{footer(conditions)}</sub>\n")
    print(f"\n{table(outcomes, form='simple')}\n{footer(conditions)}")  # noqa: T201 - the answer
    print(f"wrote {arguments.out}, {written} and {arguments.results / EXPORTS}")  # noqa: T201 - as above
    for line in selection.left_out:
        print(f"not exported: {line}", file=sys.stderr)  # noqa: T201 - as above
    return int(any(outcome.status == "refused" for outcome in outcomes))


def _say(selection: Selection) -> None:
    for choice in selection.choices:
        print(f"{choice.name}: {choice.reason}")  # noqa: T201 - the answer
    for line in selection.left_out:
        print(f"not exported: {line}")  # noqa: T201 - the answer
