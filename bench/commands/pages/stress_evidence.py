"""The figures of `python -m bench stress` that its table reads, scenario by scenario."""

from typing import Any, TypedDict


class Machine(TypedDict):
    """Hardware and versions, as the table names them; the file has more of them."""

    hardware: str
    cores: int
    python: str
    commit: str


class Scenario(TypedDict):
    """The conditions that every scenario has."""

    model: str
    environment: Machine


class Start(Scenario):
    """Seconds from start to answer; `torch` is whether it was imported."""

    models: int
    turns: int
    help_seconds: list[float]
    help_median_seconds: float
    ready_seconds: list[float]
    ready_median_seconds: float
    rss_mb: float
    torch: bool


class Fuzz(Scenario):
    """Answers by status to broken requests."""

    requests: int
    seed: int
    answers: dict[str, int]
    good_requests_between: int
    failed: int
    alive: bool
    rss_mb_at_a_fifth: float
    rss_mb_at_the_end: float


class Described(Scenario):
    """Requests that a property-based tester made, and those that passed."""

    tester: str
    operations: int
    requests: int
    passed: int
    alive: bool


class Overload(Scenario):
    """Answers by status to more requests than the server can take; rates per second."""

    seconds: float
    deadline_seconds: float
    capacity_before: float
    capacity_after: float
    times_capacity: float
    answers: dict[str, int]
    lost: int
    admitted_late: int
    goodput_per_second: float
    goodput_share: float
    admitted_p99_seconds: float | None
    refused_p50_seconds: float | None
    neighbours: int
    neighbours_busy_seconds: float
    neighbours_quiet_seconds: float


class Stops(Scenario):
    """Requests around each SIGTERM."""

    stops: int
    clients: int
    requests: int
    not_answered_once: int
    resets: int
    wrong: int
    exit_statuses: list[str]
    longest_stop_seconds: float


class Swaps(Scenario):
    """Requests around each new version; latencies in ms."""

    swaps: int
    answered_by_the_new_version: int
    clients: int
    requests: int
    not_answered_once: int
    wrong: int
    p99_ms: float
    longest_ms: float


class Latencies(TypedDict):
    """Percentiles of one half of a turn, in ms."""

    p50_ms: float
    p99_ms: float


class Slow(Scenario):
    """Latencies of quick clients, without and beside slow ones."""

    slow_clients: int
    clients: int
    turns: int
    without: Latencies
    beside: Latencies
    p50_ratio: float
    p99_ratio: float
    not_answered_once: int
    wrong: int


class Hogs(Scenario):
    """Latencies of others, without and beside clients that want much; resident memory in MB."""

    bodies: int
    messages: int
    pictures: int
    clients: int
    turns: int
    without: Latencies
    beside: Latencies
    p99_ratio: float
    body_memory_mb: int
    rss_mb_at_rest: float
    rss_mb_at_most: float
    not_answered_once: int
    wrong: int


class Beside(Scenario):
    """A fast model beside a slow one, times in seconds."""

    slow_model: str
    clients: int
    seconds: float
    slow_run_seconds: float
    alone_p99_seconds: float
    p50_seconds: float
    p99_seconds: float
    answers: dict[str, int]
    slow_answers: dict[str, int]


class Soak(Scenario):
    """Half an hour of everything mixed; resident memory in MB."""

    minutes: float
    requests: int
    broken_requests: int
    server_errors: int
    unanswered: int
    wrong: int
    growth: float
    rss_mb_minute_5_of_30: float
    rss_mb_minute_30_of_30: float


class Damaged(Scenario):
    """Reasons of refusal, by the damaged model."""

    damages: int
    refused: dict[str, str]
    served: list[Any]
    served_as_they_should: bool
    answers_right: bool
    alive: bool


class Fire(TypedDict, total=False):
    """Every scenario that was run."""

    start: Start
    fuzz: Fuzz
    described: Described
    overload: Overload
    shared: Overload
    stops: Stops
    swaps: Swaps
    beside: Beside
    slow: Slow
    hogs: Hogs
    soak: Soak
    damaged: Damaged
