"""Tests of bench.server.stress.table: every promise can be broken, and what was done and measured is told."""

from typing import Any

import pytest

from bench.server.stress.table import PROMISES, promises, table

ENVIRONMENT = {"hardware": "machine", "cores": 2, "python": "3.11", "commit": "a" * 40}
LATENCIES = {"p50_ms": 1.0, "p99_ms": 2.0, "longest_ms": 3.0}
HELD: dict[str, dict[str, Any]] = {
    "start": {
        "turns": 2,
        "models": 10,
        "help_seconds": [0.1, 0.2],
        "help_median_seconds": 0.15,
        "ready_seconds": [1.0, 1.2],
        "ready_median_seconds": 1.1,
        "rss_mb": 200.0,
        "torch": False,
    },
    "fuzz": {
        "requests": 10,
        "seed": 0,
        "good_requests_between": 1,
        "answers": {"400": 10},
        "failed": 0,
        "alive": True,
        "rss_mb_at_a_fifth": 100.0,
        "rss_mb_at_the_end": 101.0,
    },
    "described": {"tester": "x==1", "operations": 21, "requests": 100, "passed": 100, "alive": True},
    "overload": {
        "seconds": 60,
        "times_capacity": 10.0,
        "capacity_before": 100.0,
        "capacity_after": 100.0,
        "answers": {"200": 9, "429": 90},
        "lost": 0,
        "admitted_late": 0,
        "goodput_per_second": 90.0,
        "goodput_share": 0.9,
        "admitted_p99_seconds": 1.5,
        "deadline_seconds": 2.0,
        "refused_p50_seconds": 0.001,
    },
    "stops": {
        "stops": 2,
        "clients": 8,
        "requests": 100,
        "not_answered_once": 0,
        "resets": 0,
        "wrong": 0,
        "exit_statuses": ["0"],
        "longest_stop_seconds": 0.6,
    },
    "swaps": {
        "swaps": 2,
        "answered_by_the_new_version": 2,
        "clients": 8,
        "requests": 100,
        "not_answered_once": 0,
        "wrong": 0,
        **LATENCIES,
    },
    "beside": {
        "slow_model": "slow",
        "clients": 2,
        "seconds": 8,
        "slow_run_seconds": 0.036,
        "alone_p99_seconds": 0.001,
        "p50_seconds": 0.03,
        "p99_seconds": 0.08,
        "answers": {"200": 100},
        "slow_answers": {"200": 100},
    },
    "slow": {
        "slow_clients": 500,
        "clients": 8,
        "turns": 5,
        "without": LATENCIES,
        "beside": LATENCIES,
        "p50_ratio": 1.0,
        "p99_ratio": 1.0,
        "not_answered_once": 0,
        "wrong": 0,
    },
    "soak": {
        "minutes": 30,
        "requests": 1000,
        "broken_requests": 10,
        "server_errors": 0,
        "unanswered": 0,
        "wrong": 0,
        "rss_mb_minute_5_of_30": 100.0,
        "rss_mb_minute_30_of_30": 101.0,
        "growth": 0.01,
    },
    "hogs": {
        "bodies": 40,
        "messages": 8,
        "pictures": 4,
        "turns": 5,
        "clients": 8,
        "without": {"p99_ms": 2.0},
        "beside": {"p99_ms": 3.0},
        "p99_ratio": 1.5,
        "body_memory_mb": 128,
        "rss_mb_at_rest": 100.0,
        "rss_mb_at_most": 300.0,
        "not_answered_once": 0,
        "wrong": 0,
    },
    "damaged": {
        "damages": 2,
        "refused": {"one 1": "why", "two 1": "why"},
        "served": ["good 1"],
        "served_as_they_should": True,
        "answers_right": True,
        "alive": True,
    },
}


HELD["shared"] = {
    **HELD["overload"],
    "answers": {"200": 990, "429": 90, "504": 10},
    "admitted_late": 10,
    "neighbours": 4,
    "neighbours_busy_seconds": 1.5,
    "neighbours_quiet_seconds": 8.0,
}


@pytest.mark.parametrize("trial", PROMISES)
def test_what_held_is_told(trial: str) -> None:
    """With what was done and measured."""
    figures = {**HELD[trial], "model": "net", "environment": ENVIRONMENT}

    text = table({trial: figures})

    assert all(promises(trial, figures).values())
    assert "yes" in text
    assert "NO" not in text
    assert "machine, 2 cores" in text


@pytest.mark.parametrize(
    ("trial", "change"),
    [
        ("start", {"help_median_seconds": 0.3}),
        ("start", {"ready_median_seconds": 2.0}),
        ("start", {"torch": True}),
        ("fuzz", {"failed": 1}),
        ("fuzz", {"alive": False}),
        ("fuzz", {"rss_mb_at_the_end": 103.0}),
        ("described", {"passed": 99}),
        ("overload", {"admitted_late": 1}),
        ("overload", {"answers": {"200": 9, "503": 1}}),
        ("overload", {"goodput_share": 0.79}),
        ("overload", {"lost": 1}),
        ("shared", {"answers": {"200": 989, "429": 90, "504": 11}, "admitted_late": 11}),
        ("stops", {"not_answered_once": 1}),
        ("stops", {"resets": 1}),
        ("stops", {"exit_statuses": ["0", "None"]}),
        ("swaps", {"wrong": 1}),
        ("swaps", {"answered_by_the_new_version": 1}),
        ("beside", {"p99_seconds": 0.11}),
        ("beside", {"answers": {"200": 99, "504": 1}}),
        ("slow", {"p99_ratio": 2.1}),
        ("hogs", {"p99_ratio": 2.1}),
        ("hogs", {"rss_mb_at_most": 357.0}),
        ("soak", {"growth": 0.021}),
        ("soak", {"server_errors": 1}),
        ("damaged", {"refused": {}}),
        ("damaged", {"served_as_they_should": False}),
    ],
)
def test_what_did_not_hold_is_told(trial: str, change: dict[str, Any]) -> None:
    """Each promise by itself."""
    figures = {**HELD[trial], **change, "model": "net", "environment": ENVIRONMENT}

    assert list(promises(trial, figures).values()).count(False) == 1
    assert "NO" in table({trial: figures})
