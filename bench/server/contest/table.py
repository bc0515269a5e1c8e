"""The tables of `python -m bench contest`: one a load, a row a server, ratios of the turns' own neighbours."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from tabulate import tabulate

from bench.harness.machine.environment import short_commit
from bench.harness.number_format import significant, with_range
from bench.server.contest.contestants import CONTESTANTS, OURS
from bench.server.formats import BYTES_NAME, JSON_NAME


class Row(TypedDict):
    """The figures of one load on one server in one turn.

    Attributes:
        turn: from 0.
        server: its name.
        version: the package's for a peer, the commit for ours.
        format: the form in which images went over the wire.
        model: the model's name.
        load: in words; `connections` and `images` (a request) have it as numbers.
        requests_per_second: answers with the status 200.
        images_per_second: the same, times images.
        p50_ms: median time of a request, as wrk saw it; p99_ms likewise.
        errors: answers of another status and requests lost to sockets.
        cpu_seconds_per_1000_images: user and system, of the server with all its processes.
        ready_seconds: from its start to its first answer.
        memory_mb: after the load, shared pages counted once.
    """

    turn: int
    server: str
    version: str
    format: str
    model: str
    load: str
    connections: int
    images: int
    requests_per_second: float
    images_per_second: float
    p50_ms: float
    p99_ms: float
    errors: int
    cpu_seconds_per_1000_images: float
    ready_seconds: float
    memory_mb: float


def report(content: Mapping[str, Any]) -> str:
    """Return the tables and the conditions of the measurement, as Markdown.

    Args:
        content: rows, raw_onnxruntime (images/s a turn), seconds, environment, as `--json` writes them.
    """
    rows: Sequence[Row] = content["rows"]
    parts = []
    for load in dict.fromkeys(row["load"] for row in rows):
        some = [row for row in rows if row["load"] == load]
        parts.append(_load_table(load, some, content["raw_onnxruntime"]))
    return "\n\n".join([*parts, _memory_table(rows), _conditions(content)])


def _load_table(load: str, rows: Sequence[Row], raw: Sequence[float]) -> str:
    alone, single = rows[0]["connections"] == 1, rows[0]["images"] == 1
    measured = "p50" if alone else "requests/s"
    headers = ["server", "requests", "requests/s" if single else "images/s", "p50 ms", "p99 ms", "CPU s / 1000 images"]
    headers += [f"{measured}: convbench, {name} ÷ it" for name in (BYTES_NAME, JSON_NAME)]
    headers += [] if single else ["÷ onnxruntime alone"]
    ours = {row_format: _pick(rows, OURS, row_format) for row_format in (BYTES_NAME, JSON_NAME)}
    lines = []
    for server, form in dict.fromkeys((row["server"], row["format"]) for row in rows):
        some = _pick(rows, server, form)
        values: list[str] = [server, form + _errors(some)]
        rate: Callable[[Row], float] = _requests if single else _images
        values += [with_range(map(rate, some)), with_range(map(_p50, some)), with_range(map(_p99, some))]
        values.append(significant(statistics.median(row["cpu_seconds_per_1000_images"] for row in some), 2))
        measure = _p50 if alone else _requests
        values += [_ratio(ours[name], some, measure, apart=server != OURS) for name in (BYTES_NAME, JSON_NAME)]
        if not single:
            values.append(with_range(_images(row) / raw[row["turn"]] for row in some))
        lines.append(values)
    return f"**{load.replace('c=', 'connections: ')} a request**\n\n" + _markdown(lines, headers)


def _memory_table(rows: Sequence[Row]) -> str:
    configurations = {
        (contestant.name, form.name): contestant.configuration
        for contestant in CONTESTANTS
        for form in contestant.formats
    }
    lines = []
    for server, form in dict.fromkeys((row["server"], row["format"]) for row in rows):
        some = _pick(rows, server, form)
        memory, ready = (statistics.median(row[key] for row in some) for key in ("memory_mb", "ready_seconds"))
        version = short_commit(some[0]["version"])
        lines.append([server, form, version, significant(ready, 2), f"{memory:.0f}", configurations[server, form]])
    return _markdown(lines, ["server", "requests", "version", "ready after s", "memory MB", "configuration"])


def _pick(rows: Sequence[Row], server: str, form: str) -> list[Row]:
    return [row for row in rows if row["server"] == server and row["format"] == form]


def _requests(row: Row) -> float:
    return row["requests_per_second"]


def _images(row: Row) -> float:
    return row["images_per_second"]


def _p50(row: Row) -> float:
    return row["p50_ms"]


def _p99(row: Row) -> float:
    return row["p99_ms"]


def _ratio(ours: Sequence[Row], theirs: Sequence[Row], measure: Callable[[Row], float], *, apart: bool) -> str:
    """Return the median of the turns' own ratios with its range."""
    if not (apart and ours):
        return ""
    other = {row["turn"]: measure(row) for row in theirs}
    return with_range(measure(row) / other[row["turn"]] for row in ours if other.get(row["turn"]))


def _errors(rows: Sequence[Row]) -> str:
    errors = sum(row["errors"] for row in rows)
    return f" ({errors} errors)" if errors else ""


def _markdown(lines: Sequence[Sequence[str]], headers: Sequence[str]) -> str:
    return tabulate(lines, headers, tablefmt="pipe", disable_numparse=True)


def _conditions(content: Mapping[str, Any]) -> str:
    where, raw = content["environment"], content["raw_onnxruntime"]
    turns = len(raw)
    return (
        f"<sub>{content['model']}; n = {turns} turns, in each every server starts anew and is loaded for "
        f"{content['seconds']} s a row by {content['wrk']} on the same cores; medians, ranges in brackets; onnxruntime "
        f"{where['onnxruntime']} alone, two processes, batch 32: {with_range(raw)} images/s; {where['hardware']}, "
        f"{where['cores']} cores; python {where['python']}; {short_commit(where['commit'])}</sub>"
    )
