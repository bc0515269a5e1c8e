"""A trial as a row of pytest-benchmark: its recorded epochs are replayed as the rounds, its figures are extra_info."""

from typing import Any, Protocol

from bench.harness.machine import clock
from bench.harness.records.record import Record

ROW = (  # a row's extra_info, in the words that others rely on
    *("study", "arm", "seed", "protocol", "architecture", "dataset", "status", "test_accuracy", "validation_accuracy"),
    *("timed", "train_images_per_second", "parameters", "mflops_per_image", "peak_memory_mb", "epochs", "device"),
    *("threads", "deterministic", "reduced", "record_id"),
)


class Benchmark(Protocol):
    """The part of pytest-benchmark's fixture that is used."""

    group: str | None
    extra_info: dict[str, Any]

    def pedantic(self, target: Any, **options: Any) -> Any:  # noqa: ANN401 - pytest-benchmark has no types
        """Run the target in timed rounds."""


def fill_row(benchmark: Benchmark, record: Record, *, resumed: bool) -> None:
    """Give a row the record's epochs as rounds, to the nanosecond, and its figures.

    A trial is trained before its row is begun, so that an interruption leaves no row without figures.

    Args:
        benchmark: the fixture of the trial's test, whose timer is `clock`.
        record: the trial's record, made now or earlier.
        resumed: the record was made by an earlier run.
    """
    benchmark.group = record.study
    benchmark.extra_info.update({name: getattr(record, name) for name in ROW}, resumed=resumed)
    seconds = iter(record.curves["epoch_seconds"])
    with clock.replaying() as set_clock:
        benchmark.pedantic(
            lambda: set_clock(next(seconds)),
            setup=lambda: set_clock(0.0),
            rounds=record.epochs,
            iterations=1,
        )
