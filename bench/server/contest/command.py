"""`python -m bench contest`: requests/s and latency of our server beside those that users would pick instead.

Every server runs in an environment of its own (made on first use) and answers the same model through onnxruntime. In
each turn every one of them starts, is checked to answer as the model does, is loaded by wrk on the same machine, and
stops; the order changes from turn to turn. The tables go to standard output as Markdown.
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime

from bench.harness.errors import UserError, unknown
from bench.harness.machine.measuring import add_json, add_repeats, require_at_least, with_conditions, write_result
from bench.harness.machine.turns import rotated
from bench.harness.paths import PROJECT
from bench.server.contest.contestants import CONTESTANTS, Contestant, python_of, version_of
from bench.server.contest.table import Row, report
from bench.server.contest.wrk import LOADS, drive, require_wrk
from bench.server.formats import Format, Message
from bench.server.golden import alike, golden, newest
from bench.server.process import Server, free_port, running

MODEL = "activation_lenet5-relu"
WARM_SECONDS = 1  # before every load, not counted
REQUEST_SECONDS = 10.0


class Question:
    """The images that the servers are asked about, and the right answers.

    Args:
        model: the model's folder in a repository.

    Raises:
        UserError: it has no version.
    """

    def __init__(self, model: Path) -> None:
        version = newest(model)
        self.model, self.path = model, version / "model.onnx"
        images, logits = golden(version)
        self.images = {load.images: np.resize(images, (load.images, *images.shape[1:])) for load in LOADS}
        self.logits = {load.images: np.resize(logits, (load.images, *logits.shape[1:])) for load in LOADS}

    def check(self, url: str, name: str, form: Format) -> None:
        """Check that a server gives the right answers.

        Raises:
            UserError: it does not: its figures would mean nothing.
        """
        for count, images in self.images.items():
            logits = form.decode(_post(url, form.encode(images)), count)
            if not alike(logits, self.logits[count]):
                raise UserError(f"{name} answers {logits[0]} where {self.path} says {self.logits[count][0]}")


def _post(url: str, message: Message) -> bytes:
    body, headers = message
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - http, on loopback
    with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:  # noqa: S310 - as above
        content: bytes = answer.read()
        return content


def measure(contestant: Contestant, python: Path, question: Question, turn: int, seconds: int) -> Iterator[Row]:
    """Start a server, check it, load it; yield a row a format and load."""
    port = free_port()
    url = f"http://127.0.0.1:{port}{contestant.path.replace('NAME', question.model.name)}"
    version = version_of(contestant, python)
    with tempfile.TemporaryDirectory() as alone, contextlib.ExitStack() as stack:
        model = Path(alone) / question.model.name
        model.symlink_to(question.model)  # all of them serve one model
        command, variables = contestant.command(python, model, port)
        server = stack.enter_context(running(command, PROJECT, variables))
        first = contestant.formats[0].encode(question.images[1])
        ready = server.wait_until(lambda: contestant.says in server.said() and _answers(url, first))
        for form in contestant.formats:
            question.check(url, contestant.name, form)
            for load in LOADS:
                message = form.encode(question.images[load.images])
                drive(url, message, load, WARM_SECONDS)
                before = server.cpu_seconds()
                outcome = drive(url, message, load, seconds)
                cpu = server.cpu_seconds() - before
                good = outcome["requests"] - outcome["failed"]
                yield Row(
                    turn=turn,
                    server=contestant.name,
                    version=version,
                    format=form.name,
                    model=question.model.name,
                    load=load.name,
                    connections=load.connections,
                    images=load.images,
                    requests_per_second=good / outcome["seconds"],
                    images_per_second=good * load.images / outcome["seconds"],
                    p50_ms=outcome["p50_ms"],
                    p99_ms=outcome["p99_ms"],
                    errors=outcome["failed"] + outcome["lost"],
                    cpu_seconds_per_1000_images=1e3 * cpu / max(1, good * load.images),
                    ready_seconds=ready,
                    memory_mb=_memory(server),
                )


def _answers(url: str, message: Message) -> bool:
    try:
        return bool(_post(url, message))
    except (urllib.error.URLError, OSError):
        return False


def _memory(server: Server) -> float:
    return round(server.memory_mb(), 1)


def raw_rate(question: Question, seconds: int) -> float:
    """Return the images/s of onnxruntime alone, in two processes with batches of 32."""
    command = [sys.executable, "-m", "bench.server.contest.raw_runtime", str(question.path), "--seconds", str(seconds)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    return float(done.stdout)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the model, the servers and how long they are loaded."""
    parser.add_argument("--repository", default=Path("model_repository"), type=Path, help="default model_repository")
    parser.add_argument("--model", default=MODEL, help=f"default {MODEL}")
    parser.add_argument("--servers", default=None, metavar="A,B", help="these only; default: all")
    add_repeats(parser, 5, "turns of every server")
    parser.add_argument("--seconds", default=4, type=int, help="seconds of every load; default 4")
    parser.add_argument("--environments", default=Path(".peers"), type=Path, metavar="DIR", help="default .peers")
    add_json(parser, "rows")


def run(arguments: argparse.Namespace) -> None:
    """Measure, print the tables, write the rows after every turn."""
    require_at_least(1, arguments, "repeats", "seconds")
    require_wrk()
    chosen = _chosen(arguments.servers)
    question = Question(arguments.repository.resolve() / arguments.model)
    runners = [(contestant, python_of(contestant, arguments.environments.resolve())) for contestant in chosen]
    raw_rates: list[float] = []
    rows: list[Row] = []
    content = with_conditions(
        {
            "model": arguments.model,
            "seconds": arguments.seconds,
            "wrk": "wrk with one thread",
            "raw_onnxruntime": raw_rates,
            "rows": rows,
        },
        arguments,
        libraries={"onnxruntime": onnxruntime.__version__},
    )
    for turn in range(arguments.repeats):
        raw_rates.append(raw_rate(question, arguments.seconds))
        for contestant, python in rotated(runners, turn):
            print(f"turn {turn + 1} of {arguments.repeats}: {contestant.key}", file=sys.stderr, flush=True)  # noqa: T201 - progress
            rows += measure(contestant, python, question, turn, arguments.seconds)
        write_result(arguments, content)
    names = [contestant.name for contestant in CONTESTANTS]
    rows.sort(key=lambda row: names.index(row["server"]))
    print(report(content))  # noqa: T201 - the answer


def _chosen(names: str | None) -> list[Contestant]:
    known = list(dict.fromkeys(contestant.name for contestant in CONTESTANTS))
    wanted = known if names is None else names.split(",")
    for name in wanted:
        if name not in known:
            raise UserError(unknown("server", name, known))
    return [contestant for contestant in CONTESTANTS if contestant.name in wanted]
