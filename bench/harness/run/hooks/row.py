"""Rows of pytest-benchmark: recorded times are replayed as the rounds, figures are extra_info.

A trial's rounds are its epochs, beside whatever else was running. An arm's speed has a row of its own: its rounds are
the turns of the speed phase, the time of a training step in each, and they may be compared and gated.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bench.harness.machine import clock
from bench.harness.records.parts import Environment
from bench.harness.records.record import Record
from bench.harness.run.speeds import Measured
from bench.harness.stats.turns import Median, turn_median, turn_ratio
from bench.harness.study.planned import Planned

ROW = (  # a row's extra_info, in the words that others rely on
    *("study", "arm", "seed", "protocol", "architecture", "dataset", "status", "test_accuracy", "validation_accuracy"),
    *("alone", "train_images_per_second", "parameters", "mflops_per_image", "peak_memory_mb", "epochs", "device"),
    *("threads", "deterministic", "reduced", "record_id", "data_sha256", "test_images"),
)
MACHINE = ("hardware", "cores", "torch")


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
    benchmark.extra_info.update(
        {"kind": "trial", **{name: getattr(record, name) for name in ROW}, **_machine(record.environment)},
        label=record.context["label"],
        margin=record.context["margin"],
        resumed=resumed,
    )
    _replay(benchmark, record.curves["epoch_seconds"])


def fill_speed_row(benchmark: Benchmark, planned: Planned, measured: Measured) -> None:
    """Give a row the turns of an arm as rounds, in seconds a training step, and its speeds.

    Args:
        benchmark: the fixture of the arm's test, whose timer is `clock`.
        planned: one of the arm's trials.
        measured: the result of the speed phase.
    """
    trial, arm, phase = planned.trial, measured.arm, measured.phase
    benchmark.group = f"{trial.study} speed"
    benchmark.extra_info.update(
        kind="speed",
        study=trial.study,
        arm=trial.arm,
        protocol=trial.protocol,
        architecture=trial.architecture,
        dataset=trial.dataset,
        status="ok",
        device=phase.device,
        threads=arm["threads"]["training"],
        deterministic=phase.deterministic,
        turns=len(phase.turns),
        turns_disturbed=len(phase.disturbances),
        disturbed_turns=[place for place, turn in enumerate(phase.turns) if turn["disturbance"]],
        resumed=measured.resumed,
        speed_phase_id=phase.phase_id,
        **_machine(phase.environment),
        **_speeds(measured),
        **_ratio(planned, measured),
    )
    _replay(benchmark, arm["seconds_per_step"])


def _machine(environment: Environment) -> dict[str, Any]:
    known: Mapping[str, Any] = environment
    return {name: known[name] for name in MACHINE if name in known}


def _speeds(measured: Measured) -> dict[str, float | None]:
    arm = measured.arm
    rate = turn_median(arm["train_images_per_second"])
    return {
        **_ends("train_images_per_second", rate),
        "seconds_per_epoch": arm["images_per_epoch"] / rate.median,
        "inference_us_per_image_batch_1": turn_median(arm["inference_us_per_image_batch_1"]).median,
        "inference_us_per_image_batch_256": turn_median(arm["inference_us_per_image_batch_256"]).median,
    }


def _ratio(planned: Planned, measured: Measured) -> dict[str, float | str | None]:
    """Return the speed beside that of the baseline of the arm's first comparison, where both took turns."""
    name = planned.trial.arm
    baselines = [entry["baseline"] for entry in planned.trial.context["comparisons"] if entry["baseline"] != name]
    known = {arm["arm"]: arm["train_images_per_second"] for arm in measured.phase.arms}
    if not baselines or baselines[0] not in known:
        return {}
    return {"baseline": baselines[0], **_ends("speed_ratio", turn_ratio(known[name], known[baselines[0]]))}


def _ends(name: str, value: Median) -> dict[str, float | None]:
    return {name: value.median, f"{name}_low": value.low, f"{name}_high": value.high}


def _replay(benchmark: Benchmark, recorded: Sequence[float]) -> None:
    seconds = iter(recorded)
    with clock.replaying() as set_clock:
        benchmark.pedantic(
            lambda: set_clock(next(seconds)),
            setup=lambda: set_clock(0.0),
            rounds=len(recorded),
            iterations=1,
        )
