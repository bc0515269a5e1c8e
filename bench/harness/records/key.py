"""Keys: the hash of all that defines a trial, under which its record is found again."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bench.harness.records.record import Record

BESIDE_CODE = ("architecture", "options", "dataset", "recipe")  # of a definition


def content_hash(content: object) -> str:
    """Return the SHA-256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def trial_key(identity: Mapping[str, Any], definition: Mapping[str, Any], conditions: Mapping[str, Any]) -> str:
    """Return the hash under which a record counts as a trial's.

    Args:
        identity: study, arm, seed and protocol.
        definition: the choices that make the trial.
        conditions: data hash, torch's version, device, threads, deterministic and the rest of the execution.
    """
    return content_hash({**identity, "definition": definition, "conditions": conditions})


def decisive(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices that make a trial and the code that trained it, wherever its learning rate was found."""
    return {name: value for name, value in definition.items() if name != "learning_rate_from"}


def without_code(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices that make a trial, but for the code that trained it."""
    return {name: definition[name] for name in BESIDE_CODE if name in definition}


def key_of_any_code(record: Record) -> str:
    """Return the hash that a record shares with those of the same trial by older and newer code."""
    identity = {"study": record.study, "arm": record.arm, "seed": record.seed, "protocol": record.protocol}
    conditions = {
        "data": record.data_sha256,
        "torch": record.environment["torch"],
        "device": record.device,
        "threads": record.threads,
        "deterministic": record.deterministic,
        "execution": record.execution,
    }
    return trial_key(identity, without_code(record.definition), conditions)
