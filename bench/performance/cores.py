"""`python -m bench cores`: how soon an answer is there, by number of cores, and what limits it.

Real runs of `pytest bench/`, each into an empty folder, with one worker and with two. For more cores than there are,
dry runs: the very pool of worker processes, in the order of a run, whose workers rest for as long as each committed
trial took; resting needs no core. To the trials comes what more cores do not shorten: start-up and report, as the real
run with one worker had them beside its trials, and the committed speed phases, which are alone by their nature.
"""

import argparse
import io
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from tabulate import tabulate

from bench.harness.data.catalogue import source
from bench.harness.errors import UserError
from bench.harness.files import write_text
from bench.harness.machine.device import Execution
from bench.harness.machine.measuring import add_json, with_conditions, write_result
from bench.harness.number_format import number
from bench.harness.paths import COMMITTED_RECORDS, PROJECT
from bench.harness.records.record import Record, load
from bench.harness.records.speed import load_speeds
from bench.harness.report.figures.canvas import COLOURS, STYLE
from bench.harness.run.backends.processes import Job, Processes, rest
from bench.harness.run.plan import record_seconds, seed_by_seed
from bench.harness.streams import say
from bench.harness.study.discovery import load_studies
from bench.harness.study.planned import Planned
from bench.harness.study.trial import resolve

REAL, DRY = (1, 2), (4, 8, 16, 32, 64)
CHOSEN = "--studies activation"  # of the real runs: seven arms, five seeds each
HEADERS = ("cores", "", "trials, s", "of the ideal", "to the answer, s", "of the ideal")


class Run(NamedTuple):
    """A run of trials side by side.

    Attributes:
        cores: workers, each with a core.
        seconds: wall time; of a real run with start-up and report.
        work_seconds: sum of its trials' own times.
        trials: number of them.
    """

    cores: int
    seconds: float
    work_seconds: float
    trials: int


def real_run(options: Sequence[str], workers: int) -> Run:
    """Train trials in `pytest bench/` and return how long it took.

    Raises:
        UserError: the run failed; the message is its output's end.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "bench/", "-q", "-k", "not speed", *options]
        command += ["--workers", str(workers), "--results", folder]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        seconds = time.perf_counter() - start
        if done.returncode:
            raise UserError(f"`{shlex.join(command)}` failed: {(done.stdout + done.stderr)[-500:]}")
        records = [record for path in Path(folder).rglob("records.jsonl") for record in load(path)]
        return Run(workers, seconds, sum(map(record_seconds, records)), len(records))


def planned_again(records: Sequence[Record]) -> list[Planned]:
    """Return the trials of records in the order of a run, each expected to take as long as it took."""
    studies = {study.name: study for study in load_studies()}
    trials = [
        Planned(
            trial=resolve(
                studies[record.study],
                record.protocol,
                record.arm,
                record.seed,
                source(record.dataset),
                own_data=True,
            ),
            execution=Execution("cpu", threads=1),
            key=record.key,
            record=record,
            expected_seconds=record_seconds(record),
        )
        for record in sorted(records, key=lambda record: record.seed)
    ]
    return seed_by_seed(trials)


def dry_run(trials: Sequence[Planned], workers: int) -> Run:
    """Send trials through the pool of a run, whose workers rest; return how long it took.

    Raises:
        Exception: a trial ended with it; the time of a run without that trial would be too short.
    """
    job = Job(execution=Execution("cpu", threads=1), results=Path(), data_root=None, workers=workers)
    pool = Processes(job, lambda *_: None, rest)
    start = time.perf_counter()
    try:
        ended = list(pool.train(iter(trials)))
        seconds = time.perf_counter() - start
    finally:
        pool.close()
    for end in ended:
        if isinstance(end.result, Exception):
            raise end.result
    return Run(workers, seconds, sum(trial.expected_seconds for trial in trials), len(ended))


def phase_seconds() -> float:
    """Return how long the committed speed phases took."""
    moments = [(phase.started, phase.finished) for phase in load_speeds(COMMITTED_RECORDS.parent)]
    return sum((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() for start, end in moments)


def table(content: Mapping[str, Any]) -> str:
    """Return trials and answer by number of cores, with their shares of the ideal, as Markdown."""
    return tabulate(list(map(_row, _points(content))), HEADERS, tablefmt="pipe", disable_numparse=True)


class _Point(NamedTuple):
    """Seconds of the trials and to the answer, with the shares of what so many cores could make of them."""

    cores: int
    how: str
    trials: float
    trials_share: float
    answer: float
    answer_share: float


def _points(content: Mapping[str, Any]) -> list[_Point]:
    real, dry = ([Run(**run) for run in content[kind]] for kind in ("real", "dry"))
    fixed = real[0].seconds - real[0].work_seconds  # with one worker the rest of the run is start-up and report
    alone = real[0].work_seconds
    points = [_point(run, f"run, {run.trials} trials", run.seconds - fixed, alone / run.cores, fixed) for run in real]
    serial = fixed + content["phase_seconds"]
    return points + [
        _point(run, f"dry, {run.trials} trials and speed", run.seconds, run.work_seconds / run.cores, serial)
        for run in dry
    ]


def _point(run: Run, how: str, trials: float, ideal: float, serial: float) -> _Point:
    """Return a run's point; the ideal of the whole divides what is serial by the cores too."""
    whole = ideal + serial / run.cores
    return _Point(run.cores, how, trials, ideal / trials, trials + serial, whole / (trials + serial))


def _row(point: _Point) -> tuple[str, ...]:
    return (
        str(point.cores),
        point.how,
        number(point.trials, 1),
        f"{100 * point.trials_share:.0f} %",
        number(point.answer, 1),
        f"{100 * point.answer_share:.0f} %",
    )


def cores_svg(content: Mapping[str, Any]) -> str:
    """Return the shares of the ideal over the number of cores as SVG."""
    import matplotlib as mpl  # noqa: PLC0415 - seconds that nothing else here needs
    from matplotlib.figure import Figure  # noqa: PLC0415

    points = _points(content)
    lines = {
        "trials": [point.trials_share for point in points],
        "to the answer": [point.answer_share for point in points],
    }
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 3.2), layout="constrained")
        axes = figure.subplots()
        for (label, shares), colour in zip(lines.items(), COLOURS, strict=False):
            axes.plot([point.cores for point in points], shares, color=colour, marker="o", label=label)
        axes.set(xscale="log", xlabel="cores", ylabel="share of the ideal", ylim=(0, 1.05))
        axes.set_xticks([point.cores for point in points], [str(point.cores) for point in points])
        axes.minorticks_off()
        axes.legend()
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare which trials the real runs train."""
    parser.add_argument("--options", default=CHOSEN, help=f"of the real runs of pytest bench/; default: {CHOSEN}")
    parser.add_argument("--figure", default=None, type=Path, metavar="FILE", help="write the figure to this SVG file")
    add_json(parser, "runs")


def run(arguments: argparse.Namespace) -> None:
    """Measure, write the runs and the figure, print the table."""
    options = shlex.split(arguments.options)
    real = []
    for workers in REAL:
        say(f"pytest bench/ {arguments.options} with --workers {workers}")
        real.append(real_run(options, workers))
    trials, dry = planned_again(load(COMMITTED_RECORDS)), []
    for workers in DRY:
        say(f"dry run of {len(trials)} trials with {workers} workers")
        dry.append(dry_run(trials, workers))
    measured = {"real": [one._asdict() for one in real], "dry": [one._asdict() for one in dry]}
    content = {"options": arguments.options, "phase_seconds": phase_seconds(), **measured}
    write_result(arguments, with_conditions(content, arguments))
    if arguments.figure is not None:
        write_text(arguments.figure, cores_svg(content))
    print(table(content))  # noqa: T201 - the answer
