"""A synthetic measurement side by side, so that comparisons are tested without training anything."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bench.harness.records.beside import BESIDE_SCHEMA, ArmBeside, BesideRecord
from tests.bench.conftest import ENVIRONMENT, a_turn, rate_in_turns


def a_beside(arms: Mapping[str, float], **changes: Any) -> BesideRecord:  # noqa: ANN401 - any field of it
    """Return a measurement side by side of the trials that `a_record` gives, in 40 turns.

    Args:
        arms: the new run's speed as a multiple of the base's, by arm.
        changes: replace any field.
    """
    turns = 40
    base = rate_in_turns(1000.0, turns)
    record = BesideRecord(
        schema=BESIDE_SCHEMA,
        phase_id=hashlib.sha256(f"{arms} {changes}".encode()).hexdigest()[:32],
        study="norm",
        protocol="quick",
        data_sha256="d" * 64,
        device="cpu",
        started="2026-01-01T02:00:00+00:00",
        finished="2026-01-01T02:01:00+00:00",
        starts=4,
        turns=[a_turn() for _ in range(turns)],
        arms=[_arm_beside(arm, base, ratio) for arm, ratio in arms.items()],
        base=ENVIRONMENT,
        new=ENVIRONMENT,
    )
    return replace(record, **changes)


def _arm_beside(arm: str, base: list[float], ratio: float) -> ArmBeside:
    return ArmBeside(arm=arm, threads=2, base=base, new=[ratio * one for one in base])
