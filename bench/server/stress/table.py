"""What came of the fire, as a table: what was done, what was measured, whether the promises held."""

from collections.abc import Callable, Mapping
from typing import Any

from tabulate import tabulate

from bench.harness.machine.environment import short_commit
from bench.harness.number_format import number, with_range

MOST_HELP_SECONDS, MOST_READY_SECONDS = 0.3, 2.0
MOST_GROWTH = 0.02
LEAST_GOODPUT = 0.8
MOST_DELAY = 2.0
FLAT = 1.02  # memory at the end over memory at a fifth

Found = Mapping[str, Any]
ADMITTED, MOST_LATE = ("200", "504"), 0.01  # statuses of admitted requests; those late beside other programs
Promises = Mapping[str, Callable[[Found], bool]]
THE_REST: Promises = {
    "the rest 429": lambda found: set(found["answers"]) <= {*ADMITTED, "429"} and found["lost"] == 0,
}
PROMISES: Mapping[str, Promises] = {
    "start": {
        "--help in under 0.3 s": lambda found: found["help_median_seconds"] < MOST_HELP_SECONDS,
        "ten models in under 2 s": lambda found: found["ready_median_seconds"] < MOST_READY_SECONDS,
        "no torch": lambda found: not found["torch"],
    },
    "fuzz": {
        "no 5xx but 503, good requests right": lambda found: found["failed"] == 0,
        "no crash": lambda found: found["alive"],
        "memory flat": lambda found: found["rss_mb_at_the_end"] <= FLAT * found["rss_mb_at_a_fifth"],
    },
    "described": {
        "all as the document says": lambda found: found["passed"] == found["requests"] and found["alive"],
    },
    "overload": {
        "admitted requests in time": lambda found: found["admitted_late"] == 0,
        **THE_REST,
        "at least 80 % of capacity": lambda found: found["goodput_share"] >= LEAST_GOODPUT,
    },
    "shared": {
        "99 % of admitted requests in time": lambda found: found["admitted_late"] <= MOST_LATE * _admitted(found),
        **THE_REST,
    },
    "stops": {
        "answered exactly once": lambda found: found["not_answered_once"] == found["wrong"] == 0,
        "exit status 0": lambda found: found["exit_statuses"] == ["0"],
    },
    "swaps": {
        "answered exactly once, by the version named": lambda found: found["not_answered_once"] == found["wrong"] == 0,
        "every version took over": lambda found: found["answered_by_the_new_version"] == found["swaps"],
    },
    "slow": {
        "at most twice as long": lambda found: max(found["p50_ratio"], found["p99_ratio"]) <= MOST_DELAY,
        "answered exactly once": lambda found: found["not_answered_once"] == found["wrong"] == 0,
    },
    "soak": {
        "memory grows by at most 2 %": lambda found: found["growth"] <= MOST_GROWTH,
        "no 5xx, all answered": lambda found: found["server_errors"] == found["unanswered"] == found["wrong"] == 0,
    },
    "damaged": {
        "refused by name": lambda found: len(found["refused"]) == found["damages"],
        "the others served": lambda found: found["served_as_they_should"] and found["answers_right"] and found["alive"],
    },
}


def promises(trial: str, found: Found) -> dict[str, bool]:
    """Return every promise of a trial, and whether it held."""
    return {name: holds(found) for name, holds in PROMISES[trial].items()}


def table(trials: Mapping[str, Found]) -> str:
    """Return a row a trial as Markdown, with what it was measured with."""
    rows = []
    for trial, found in trials.items():
        held = [f"{name}: {'yes' if each else 'NO'}" for name, each in promises(trial, found).items()]
        rows.append((f"`{trial}`", DONE[trial](found), MEASURED[trial](found), "; ".join(held)))
    lines = tabulate(rows, ("", "what was done", "what was measured", "what holds"), tablefmt="pipe")
    return f"{lines}\n\n{_conditions(trials)}"


def _count(value: float) -> str:
    return number(value, 0)


def _memory(found: Found, first: str, last: str) -> str:
    return f"RSS {found[first]:.1f} then {found[last]:.1f} MB"


def _answers(found: Found) -> str:
    return ", ".join(f"{_count(count)} x {status}" for status, count in found["answers"].items())


def _admitted(found: Found) -> int:
    return sum(found["answers"].get(status, 0) for status in ADMITTED)


def _overload(found: Found) -> str:
    return (
        f"{found['times_capacity']:.1f} times the capacity of {found['capacity_before']:.0f} and "
        f"{found['capacity_after']:.0f} requests/s (before, after) for {_count(found['seconds'])} s, {found['model']}"
    )


def _goodput(found: Found) -> str:
    return (
        f"goodput {found['goodput_per_second']:.0f} requests/s, {found['goodput_share']:.0%} of capacity; "
        f"{_answers(found)}; admitted p99 {found['admitted_p99_seconds']:.2f} s of {found['deadline_seconds']:g} s, "
        f"refused p50 {1e3 * found['refused_p50_seconds']:.1f} ms"
    )


DONE: Mapping[str, Callable[[Found], str]] = {
    "start": lambda found: f"{found['models']} models, n = {found['turns']}",
    "fuzz": lambda found: (
        f"{_count(found['requests'])} broken requests (seed {found['seed']}), "
        f"{_count(found['good_requests_between'])} good ones between"
    ),
    "described": lambda found: f"{found['tester']} on {found['operations']} operations of the OpenAPI document",
    "overload": _overload,
    "shared": lambda found: (
        f"{_overload(found)}, beside {found['neighbours']} programs that are busy for "
        f"{found['neighbours_busy_seconds']:g} s after every {found['neighbours_quiet_seconds']:g} s"
    ),
    "stops": lambda found: f"{found['stops']} SIGTERMs under {found['clients']} clients",
    "swaps": lambda found: f"{found['swaps']} new versions under {found['clients']} clients",
    "slow": lambda found: (
        f"{found['slow_clients']} slow clients beside {found['clients']} others, {found['turns']} turns"
    ),
    "soak": lambda found: f"{found['minutes']:g} minutes of everything mixed",
    "damaged": lambda found: f"{found['damages']} damaged models beside a good one",
}
MEASURED: Mapping[str, Callable[[Found], str]] = {
    "start": lambda found: (
        f"`--help` {with_range(found['help_seconds'], 2)} s; "
        f"from start to ready {with_range(found['ready_seconds'], 2)} s; at rest {found['rss_mb']:.0f} MB resident"
    ),
    "fuzz": lambda found: f"{_answers(found)}; {_memory(found, 'rss_mb_at_a_fifth', 'rss_mb_at_the_end')}",
    "described": lambda found: f"{_count(found['requests'])} requests, {_count(found['passed'])} passed every check",
    "overload": _goodput,
    "shared": _goodput,
    "stops": lambda found: (
        f"{_count(found['requests'])} requests, {found['not_answered_once']} not answered exactly once; "
        f"at most {found['longest_stop_seconds']} s to the end"
    ),
    "swaps": lambda found: (
        f"{_count(found['requests'])} requests, {found['not_answered_once']} not answered exactly once, "
        f"{found['wrong']} wrong; p99 {found['p99_ms']} ms, longest {found['longest_ms']} ms"
    ),
    "slow": lambda found: (
        f"p50 {found['without']['p50_ms']} then {found['beside']['p50_ms']} ms ({found['p50_ratio']}x), "
        f"p99 {found['without']['p99_ms']} then {found['beside']['p99_ms']} ms ({found['p99_ratio']}x)"
    ),
    "soak": lambda found: (
        f"{_count(found['requests'])} requests and {_count(found['broken_requests'])} broken ones; "
        f"{_memory(found, 'rss_mb_minute_5_of_30', 'rss_mb_minute_30_of_30')} ({found['growth']:+.1%})"
    ),
    "damaged": lambda found: f"{len(found['refused'])} refused with a reason; served: {', '.join(found['served'])}",
}


def _conditions(trials: Mapping[str, Found]) -> str:
    places = {tuple(found["environment"][key] for key in ("hardware", "cores", "python")) for found in trials.values()}
    hardware, cores, python = next(iter(places))
    commits = ", ".join(dict.fromkeys(short_commit(found["environment"]["commit"]) for found in trials.values()))
    models = ", ".join(dict.fromkeys(found["model"] for found in trials.values()))
    return f"<sub>{models}; {hardware}, {cores} cores, clients on the same; python {python}; {commits}</sub>"
