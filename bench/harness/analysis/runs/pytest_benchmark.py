"""Reads a run from the JSON that `pytest bench/ --benchmark-json` writes: accuracies of seeds, turns of speeds.

It holds no answers, so differences of accuracies are spread over seeds alone, on these test images.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from bench.harness.analysis.runs.run import DEFAULT_MARGIN, HASH_LETTERS, ArmName, ArmOfRun, Conditions, Phase, Run
from bench.harness.validation import read_json

CURE = "name a JSON that `pytest bench/ --benchmark-json` wrote, a results folder or a records.jsonl"
Row = dict[str, Any]


class _Stats(TypedDict):
    data: NotRequired[list[float]]


class _Row(TypedDict):
    extra_info: dict[str, Any]
    stats: _Stats


class _Document(TypedDict):
    benchmarks: list[_Row]
    machine_info: dict[str, Any]
    commit_info: NotRequired[dict[str, Any]]
    datetime: NotRequired[str]


def run_of_json(path: Path) -> Run:
    """Return the run in a JSON of pytest-benchmark; rows of other benchmarks are passed over.

    Raises:
        ContentError: it is no such JSON.
    """
    document = read_json(path, _Document, CURE)
    trials: dict[ArmName, list[Row]] = {}
    speeds: dict[ArmName, Row] = {}
    for row in document["benchmarks"]:
        info = row["extra_info"]
        if info.get("kind") == "trial":
            trials.setdefault((info["study"], info["arm"]), []).append(info)
        elif info.get("kind") == "speed":
            speeds[info["study"], info["arm"]] = row
    shared = _machine(document)
    return Run(
        name=str(path),
        arms={
            key: _arm(key, order, trials.get(key, []), speeds.get(key), shared)
            for order, key in enumerate(dict.fromkeys((*trials, *speeds)))
        },
        finished=str(document.get("datetime", "")),
    )


def _machine(document: Mapping[str, Any]) -> Conditions:
    """Return what pytest-benchmark itself says of the machine and the commit."""
    machine = document["machine_info"]
    cpu = machine.get("cpu", {})
    return {
        "hardware": str(cpu.get("brand_raw", "unknown")),
        "cores": str(cpu.get("count", "unknown")),
        "python": str(machine.get("python_version", "unknown")),
        "commit": str(document.get("commit_info", {}).get("id", "unknown"))[:HASH_LETTERS],
    }


def _arm(name: ArmName, order: int, trials: Sequence[Row], speed: Row | None, shared: Conditions) -> ArmOfRun:
    by_seed = {info["seed"]: info for info in sorted(trials, key=lambda info: int(info["seed"]))}
    info = next(iter(by_seed.values()), None) or (speed or {})["extra_info"]
    return ArmOfRun(
        study=name[0],
        arm=name[1],
        label=info.get("label", name[1]),
        order=order,
        margin=info.get("margin", DEFAULT_MARGIN),
        accuracies={seed: trial["test_accuracy"] for seed, trial in by_seed.items()},
        test_images=info.get("test_images", 0),
        conditions={**shared, **_stated(info)},
        speed_conditions={**shared, **_stated(speed["extra_info"])} if speed else {},
        phase=_phase(speed) if speed and speed["stats"].get("data") else None,
    )


def _stated(info: Row) -> Conditions:
    stated = {
        "protocol": info.get("protocol"),
        "data set": info.get("dataset"),
        "data": str(info["data_sha256"])[:HASH_LETTERS] if "data_sha256" in info else None,
        "reduced": None if "reduced" not in info else ("no", "yes")[info["reduced"]],
        "architecture": info.get("architecture"),
        **{name: info.get(name) for name in ("device", "hardware", "cores", "threads", "torch")},
    }
    return {name: str(value) for name, value in stated.items() if value is not None}


def _phase(speed: Row) -> Phase:
    turns = speed["stats"]["data"]
    disturbed = set(speed["extra_info"].get("disturbed_turns", ()))
    return Phase(
        seconds=tuple(seconds for place, seconds in enumerate(turns) if place not in disturbed),
        turns=len(turns),
        disturbances=("what disturbed them is in the run's own folder",) * len(disturbed),
    )
