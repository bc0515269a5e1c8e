"""The results of the stress scenarios as a table: what was done, what was measured, whether the promises held."""

from collections.abc import Callable, Mapping
from typing import Any

from tabulate import tabulate

from bench.harness.machine.environment import short_commit
from bench.harness.number_format import number, with_range

MOST_HELP_SECONDS, MOST_READY_SECONDS = 0.3, 2.0
MOST_GROWTH = 0.02
LEAST_GOODPUT = 0.8
MOST_DELAY = 2.0
MOST_RUNS = 3.0  # of a slow model, for a fast one's answer
FLAT = 1.02  # memory at the end over memory at a fifth

Figures = Mapping[str, Any]
ADMITTED, MOST_LATE = ("200", "504"), 0.01  # statuses of admitted requests; those late beside other programs
Promises = Mapping[str, Callable[[Figures], bool]]
THE_REST: Promises = {
    "the rest 429": lambda figures: set(figures["answers"]) <= {*ADMITTED, "429"} and figures["lost"] == 0,
}
PROMISES: Mapping[str, Promises] = {
    "start": {
        "--help in under 0.3 s": lambda figures: figures["help_median_seconds"] < MOST_HELP_SECONDS,
        "ready in under 2 s": lambda figures: figures["ready_median_seconds"] < MOST_READY_SECONDS,
        "no torch": lambda figures: not figures["torch"],
    },
    "fuzz": {
        "no 5xx but 501 and 503, good requests right": lambda figures: figures["failed"] == 0,
        "no crash": lambda figures: figures["alive"],
        "memory flat": lambda figures: figures["rss_mb_at_the_end"] <= FLAT * figures["rss_mb_at_a_fifth"],
    },
    "described": {
        "all as the document says": lambda figures: figures["passed"] == figures["requests"] and figures["alive"],
    },
    "overload": {
        "admitted requests in time": lambda figures: figures["admitted_late"] == 0,
        **THE_REST,
        "at least 80 % of capacity": lambda figures: figures["goodput_share"] >= LEAST_GOODPUT,
    },
    "shared": {
        "99 % of admitted requests in time": lambda figures: figures["admitted_late"] <= MOST_LATE * _admitted(figures),
        **THE_REST,
    },
    "stops": {
        "answered exactly once": lambda figures: figures["not_answered_once"] == figures["wrong"] == 0,
        "no connection reset": lambda figures: figures["resets"] == 0,
        "exit status 0": lambda figures: figures["exit_statuses"] == ["0"],
    },
    "swaps": {
        "answered exactly once, by the version named": lambda figures: (
            figures["not_answered_once"] == figures["wrong"] == 0
        ),
        "every version took over": lambda figures: figures["answered_by_the_new_version"] == figures["swaps"],
    },
    "beside": {
        "99 % of the fast one's answers within three runs of the slow one": lambda figures: (
            figures["p99_seconds"] < MOST_RUNS * figures["slow_run_seconds"]
        ),
        "all of them 200": lambda figures: set(figures["answers"]) == {"200"},
    },
    "slow": {
        "at most twice as long": lambda figures: max(figures["p50_ratio"], figures["p99_ratio"]) <= MOST_DELAY,
        "answered exactly once": lambda figures: figures["not_answered_once"] == figures["wrong"] == 0,
    },
    "hogs": {
        "at most twice as long": lambda figures: figures["p99_ratio"] <= MOST_DELAY,
        "memory within its budget, for each of HTTP and gRPC": lambda figures: (
            figures["rss_mb_at_most"] - figures["rss_mb_at_rest"] <= 2 * figures["body_memory_mb"]
        ),
        "answered exactly once": lambda figures: figures["not_answered_once"] == figures["wrong"] == 0,
    },
    "soak": {
        "memory grows by at most 2 %": lambda figures: figures["growth"] <= MOST_GROWTH,
        "no 5xx, all answered": lambda figures: (
            figures["server_errors"] == figures["unanswered"] == figures["wrong"] == 0
        ),
    },
    "damaged": {
        "refused by name": lambda figures: len(figures["refused"]) == figures["damages"],
        "the others served": lambda figures: (
            figures["served_as_they_should"] and figures["answers_right"] and figures["alive"]
        ),
    },
}


def promises(trial: str, figures: Figures) -> dict[str, bool]:
    """Return every promise of a trial, and whether it held."""
    return {name: holds(figures) for name, holds in PROMISES[trial].items()}


def table(trials: Mapping[str, Figures]) -> str:
    """Return one row per trial as Markdown, with the conditions below."""
    rows = []
    for trial, figures in trials.items():
        held = [f"{name}: {'yes' if kept else 'NO'}" for name, kept in promises(trial, figures).items()]
        rows.append((f"`{trial}`", DONE[trial](figures), MEASURED[trial](figures), "; ".join(held)))
    lines = tabulate(rows, ("", "what was done", "what was measured", "what holds"), tablefmt="pipe")
    return f"{lines}\n\n{_conditions(trials)}"


def _count(value: float) -> str:
    return number(value, 0)


def _memory(figures: Figures, first: str, last: str) -> str:
    return f"RSS {figures[first]:.1f} then {figures[last]:.1f} MB"


def _answers(figures: Figures) -> str:
    return ", ".join(f"{_count(count)} x {status}" for status, count in figures["answers"].items())


def _admitted(figures: Figures) -> int:
    return sum(figures["answers"].get(status, 0) for status in ADMITTED)


def _overload(figures: Figures) -> str:
    return (
        f"{figures['times_capacity']:.1f} times the capacity of {figures['capacity_before']:.0f} and "
        f"{figures['capacity_after']:.0f} requests/s (before, after) for {_count(figures['seconds'])} s, "
        f"{figures['model']}"
    )


def _goodput(figures: Figures) -> str:
    return (
        f"goodput {figures['goodput_per_second']:.0f} requests/s, {figures['goodput_share']:.0%} of capacity; "
        f"{_answers(figures)}; "
        f"admitted p99 {figures['admitted_p99_seconds']:.2f} s of {figures['deadline_seconds']:g} s, "
        f"refused p50 {1e3 * figures['refused_p50_seconds']:.1f} ms"
    )


DONE: Mapping[str, Callable[[Figures], str]] = {
    "start": lambda figures: f"{figures['models']} models, n = {figures['turns']}",
    "fuzz": lambda figures: (
        f"{_count(figures['requests'])} broken requests (seed {figures['seed']}), "
        f"{_count(figures['good_requests_between'])} good ones between"
    ),
    "described": lambda figures: f"{figures['tester']} on {figures['operations']} operations of the OpenAPI document",
    "overload": _overload,
    "shared": lambda figures: (
        f"{_overload(figures)}, beside {figures['neighbours']} programs that are busy for "
        f"{figures['neighbours_busy_seconds']:g} s after every {figures['neighbours_quiet_seconds']:g} s"
    ),
    "stops": lambda figures: f"{figures['stops']} SIGTERMs under {figures['clients']} clients",
    "swaps": lambda figures: f"{figures['swaps']} new versions under {figures['clients']} clients",
    "beside": lambda figures: (
        f"{figures['clients']} clients of {figures['model']} beside {figures['clients']} of {figures['slow_model']}, "
        f"one worker, {_count(figures['seconds'])} s"
    ),
    "slow": lambda figures: (
        f"{figures['slow_clients']} slow clients beside {figures['clients']} others, {figures['turns']} turns"
    ),
    "hogs": lambda figures: (
        f"{figures['bodies']} bodies but for their last byte, {figures['messages']} gRPC messages of 31 MB, "
        f"{figures['pictures']} clients with pictures of 16 million pixels, beside {figures['clients']} others, "
        f"{figures['turns']} turns; --body-memory {figures['body_memory_mb']}"
    ),
    "soak": lambda figures: f"{figures['minutes']:g} minutes of everything mixed",
    "damaged": lambda figures: f"{figures['damages']} damaged models beside a good one",
}
MEASURED: Mapping[str, Callable[[Figures], str]] = {
    "start": lambda figures: (
        f"`--help` {with_range(figures['help_seconds'], 2)} s; "
        f"from start to ready {with_range(figures['ready_seconds'], 2)} s; at rest {figures['rss_mb']:.0f} MB resident"
    ),
    "fuzz": lambda figures: f"{_answers(figures)}; {_memory(figures, 'rss_mb_at_a_fifth', 'rss_mb_at_the_end')}",
    "described": lambda figures: (
        f"{_count(figures['requests'])} requests, {_count(figures['passed'])} passed every check"
    ),
    "overload": _goodput,
    "shared": _goodput,
    "stops": lambda figures: (
        f"{_count(figures['requests'])} requests, {figures['not_answered_once']} not answered exactly once, "
        f"{figures['resets']} connections reset; at most {figures['longest_stop_seconds']} s to the end"
    ),
    "swaps": lambda figures: (
        f"{_count(figures['requests'])} requests, {figures['not_answered_once']} not answered exactly once, "
        f"{figures['wrong']} wrong; p99 {figures['p99_ms']} ms, longest {figures['longest_ms']} ms"
    ),
    "beside": lambda figures: (
        f"a run of the slow one {1e3 * figures['slow_run_seconds']:.0f} ms; the fast one's p50 "
        f"{1e3 * figures['p50_seconds']:.1f} ms, p99 {1e3 * figures['p99_seconds']:.1f} ms (alone "
        f"{1e3 * figures['alone_p99_seconds']:.1f}); {_answers(figures)}"
    ),
    "slow": lambda figures: (
        f"p50 {figures['without']['p50_ms']} then {figures['beside']['p50_ms']} ms ({figures['p50_ratio']}x), "
        f"p99 {figures['without']['p99_ms']} then {figures['beside']['p99_ms']} ms ({figures['p99_ratio']}x)"
    ),
    "hogs": lambda figures: (
        f"p99 {figures['without']['p99_ms']} then {figures['beside']['p99_ms']} ms ({figures['p99_ratio']}x); "
        f"{_memory(figures, 'rss_mb_at_rest', 'rss_mb_at_most')}"
    ),
    "soak": lambda figures: (
        f"{_count(figures['requests'])} requests and {_count(figures['broken_requests'])} broken ones; "
        f"{_memory(figures, 'rss_mb_minute_5_of_30', 'rss_mb_minute_30_of_30')} ({figures['growth']:+.1%})"
    ),
    "damaged": lambda figures: (
        f"{len(figures['refused'])} refused with a reason; served: {', '.join(figures['served'])}"
    ),
}


def _conditions(trials: Mapping[str, Figures]) -> str:
    """Return the models, machines and commits; where there are several machines, each with its trials."""
    places: dict[tuple[str, ...], list[str]] = {}
    for trial, figures in trials.items():
        place = tuple(str(figures["environment"][key]) for key in ("hardware", "cores", "python"))
        places.setdefault(place, []).append(trial)
    machines = "; ".join(
        f"{hardware}, {cores} cores, python {python}{_of(names) if len(places) > 1 else ''}"
        for (hardware, cores, python), names in places.items()
    )
    commits = ", ".join(dict.fromkeys(short_commit(figures["environment"]["commit"]) for figures in trials.values()))
    models = ", ".join(dict.fromkeys(figures["model"] for figures in trials.values()))
    return f"<sub>{models}; {machines}; clients on the same; {commits}</sub>"


def _of(names: list[str]) -> str:
    return f" ({', '.join(names)})"
