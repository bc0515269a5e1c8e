"""Tests of bench.harness.analysis.runs.gate: what fails, what passes, and what nobody can tell."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.harness.analysis.runs.compare import compare
from bench.harness.analysis.runs.gate import EXIT, GateLine, check, parse_gate, worst
from bench.harness.analysis.runs.run import Run, run_of_records
from bench.harness.errors import UserError
from bench.harness.records.answers import unpack_bits
from bench.harness.records.beside import BesideRecord
from tests.bench.beside import a_beside
from tests.bench.conftest import a_phase, a_record, a_turn, measured

IMAGES = 10_000


def a_run(name: str, lost: Mapping[str, float], besides: tuple[BesideRecord, ...] = (), **changes: Any) -> Run:  # noqa: ANN401 - any field of a record
    """Return a run of five seeds at 98 %, but for a share of the images that an arm answers wrongly in all of them."""
    records = []
    for arm, share in lost.items():
        for seed in range(5):
            record = a_record(arm, seed, accuracy=0.98, images=IMAGES)
            correct = unpack_bits(record.test_correct, IMAGES)
            correct[: round(share * IMAGES)] &= np.arange(round(share * IMAGES)) < 0
            records.append(replace(record, **{**measured(correct), **changes}))
    return run_of_records(name, records, [a_phase(dict.fromkeys(lost, 1000.0))], besides)


def gated(base: Run, new: Run, *gates: str) -> list[GateLine]:
    """Return what the gates say of a run."""
    return check(compare(base, [new]), [parse_gate(gate) for gate in gates])


def test_a_planted_loss_of_half_a_point_fails() -> None:
    """One of two arms answers half a percent of the images wrongly since: 0.3 points are allowed, and it is found."""
    lines = gated(
        a_run("old", {"base": 0.0, "other": 0.0}), a_run("new", {"base": 0.0, "other": 0.005}), "accuracy:0.3"
    )

    assert {line.arm: line.state for line in lines} == {"base": "held", "other": "dropped"}
    assert EXIT[worst(lines)] == 1


def test_a_loss_within_what_is_allowed_passes() -> None:
    """The same loss passes where two points are allowed."""
    assert worst(gated(a_run("old", {"base": 0.0}), a_run("new", {"base": 0.005}), "accuracy:2")) == "held"


def test_the_same_run_passes() -> None:
    """An unchanged run passes by the same answers, with one seed too."""
    base = a_run("old", {"base": 0.0}, seed=0)

    (line,) = gated(base, base, "accuracy:0.001")

    assert (line.state, line.text) == ("held", "the same answers")


def test_two_few_seeds_say_how_many_would_do() -> None:
    """A run that cannot tell names the seeds that would, if the difference stays."""
    records = [a_record("base", seed, accuracy=0.9 + 0.01 * seed, images=IMAGES) for seed in range(6)]
    base, new = run_of_records("old", records[::2], []), run_of_records("new", records[1::2], [])

    (line,) = gated(base, new, "accuracy:0.3")

    assert line.state == "cannot tell"
    assert line.text.startswith("+1.00 [")
    assert "cannot tell with n = 3: " in line.text
    assert line.text.endswith(" seeds would, if the difference stays as it is")


def test_one_seed_cannot_tell() -> None:
    """A single seed has no spread."""
    base, new = (run_of_records(name, [a_record("base", seed)], []) for seed, name in enumerate(("old", "new")))

    assert gated(base, new, "accuracy:0.3")[0].text.endswith(
        "cannot tell with n = 1: one seed has no spread, two would"
    )


def test_images_that_are_too_few_are_named() -> None:
    """Where no number of seeds would tell on these images, it says so."""
    base, new = (
        run_of_records(name, [a_record("base", seed + shift, images=100) for seed in range(30)], [])
        for name, shift in (("old", 0), ("new", 100))
    )

    assert gated(base, new, "accuracy:0.01")[0].text.endswith(
        "no number of seeds would on 100 test images, more images might"
    )


def test_an_arm_that_is_lost_fails() -> None:
    """A run without an arm of the base does not pass for want of it."""
    lines = gated(a_run("old", {"base": 0.0, "other": 0.0}), a_run("new", {"base": 0.0}), "accuracy:0.3")

    assert [(line.arm, line.state) for line in lines] == [("base", "held"), ("other", "lost")]
    assert EXIT[worst(lines)] == 1


def test_other_data_fail() -> None:
    """A run on other images has lost what it was to be compared with."""
    lines = gated(a_run("old", {"base": 0.0}), a_run("new", {"base": 0.0}, data_sha256="e" * 64), "accuracy:0.3")

    assert [(line.state, line.text) for line in lines] == [("lost", "data dddddddddddd and eeeeeeeeeeee")]


@pytest.mark.parametrize(("ratio", "state"), [(0.85, "dropped"), (1.0, "held"), (1.3, "held")])
def test_a_planted_slow_down_of_15_percent_fails(ratio: float, state: str) -> None:
    """Side by side, with a tenth allowed: 15 % slower is found, as fast and faster passes."""
    new = a_run("new", {"base": 0.0}, (a_beside({"base": ratio}),))

    (line,) = gated(a_run("old", {"base": 0.0}), new, "speed:10%")

    assert line.state == state


def test_speeds_of_different_times_cannot_tell() -> None:
    """Nothing is claimed of phases that took no turns together, and the command that does it is named."""
    (line,) = gated(a_run("old", {"base": 0.0}), a_run("new", {"base": 0.0}), "speed:10%")

    assert line.state == "cannot tell"
    assert line.text.endswith("turns that both take together would (python -m bench speed-beside)")


def test_disturbed_turns_cannot_tell() -> None:
    """Beside a busy program no drop is claimed: the cause is named."""
    noisy = a_beside({"base": 0.5}, turns=[a_turn(1.0)] * 40)

    (line,) = gated(a_run("old", {"base": 0.0}), a_run("new", {"base": 0.0}, (noisy,)), "speed:10%")

    assert (line.state, line.text) == ("cannot tell", "40 of 40 turns disturbed: other programs used 1.0 cores")


def test_a_base_without_speeds_is_an_error() -> None:
    """A gate that nothing can trip is refused."""
    base = run_of_records("old", [a_record("base", 0)], [])

    with pytest.raises(UserError, match="no speed to compare with"):
        gated(base, base, "speed:10%")


@pytest.mark.parametrize(
    ("text", "least"), [("accuracy:0.3", -0.003), ("accuracy:100", -1.0), ("speed:50%", np.log(0.5))]
)
def test_gate_is_read(text: str, least: float) -> None:
    """Points and percent become the least change that is allowed."""
    gate = parse_gate(text)

    assert gate.least == pytest.approx(least)
    assert str(gate) == text


@pytest.mark.parametrize(
    "text", ["accuracy", "accuracy:", "accuracy:x", "accuracy:0.3%", "speed:10", "speed:%", "memory:1", "accuracy:-1"]
)
def test_what_is_no_gate_is_refused(text: str) -> None:
    """The message shows what was given, and how it is written."""
    with pytest.raises(UserError, match=r"accuracy:0\.3 for points"):
        parse_gate(text)


@pytest.mark.parametrize("text", ["accuracy:0", "accuracy:101", "accuracy:nan", "speed:100%", "speed:0%"])
def test_a_loss_out_of_range_is_refused(text: str) -> None:
    """No gate lets everything through, or nothing."""
    with pytest.raises(UserError, match="is not above 0 and at most"):
        parse_gate(text)
