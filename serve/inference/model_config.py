"""The settings of a model: the fields of config.pbtxt that the server goes by, with their ranges.

A field that Triton knows and this server does not go by is named in a warning; any other is an error that names it: a
server that ignored it would not do what was configured.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from export.repository.layout import INPUT, OUTPUTS, RepositoryError
from export.repository.text_format import parse

FIELDS: dict[str, Any] = {  # what is gone by: a nested mapping, or None for a plain value
    "name": None,
    "backend": None,
    "platform": None,
    "max_batch_size": None,
    "input": {"name": None, "data_type": None, "dims": None},
    "output": {"name": None, "data_type": None, "dims": None, "label_filename": None},
    "version_policy": {"latest": {"num_versions": None}},
    "instance_group": {"count": None, "kind": None},
    "dynamic_batching": {
        "default_queue_policy": {
            "timeout_action": None,
            "default_timeout_microseconds": None,
            "allow_timeout_override": None,
            "max_queue_size": None,
        }
    },
    "parameters": {"key": None, "value": {"string_value": None}},
    "model_warmup": {
        "name": None,
        "batch_size": None,
        "inputs": {"key": None, "value": {"data_type": None, "dims": None, "zero_data": None}},
    },
}
NOT_GONE_BY = {  # of Triton's fields; with what is done here instead
    "dynamic_batching.preferred_batch_size": "batch sizes are chosen by their measured speed",
    "dynamic_batching.max_queue_delay_microseconds": "no request waits for others",
    "dynamic_batching.preserve_ordering": "a connection gets its answers in order anyway",
    "dynamic_batching.priority_levels": "models share by their weight, requests of one model wait in order",
    "dynamic_batching.default_priority_level": "requests of one model wait in order",
    "dynamic_batching.priority_queue_policy": "requests of one model wait in order",
    "optimization": "onnxruntime optimises as it does by default",
    "response_cache": "nothing is cached",
    "metric_tags": "metrics have the labels model and version",
}
MOST_IMAGES, LONGEST_SIDE = 4096, 65_536  # of a request, of an image
LONGEST_SECONDS, MOST_WAITING, MOST_VERSIONS = 3600, 1_000_000, 1000


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The part of config.pbtxt that the server goes by.

    Attributes:
        name: name of the model and of its folder.
        max_batch: images that a request may have, at least 1.
        dims: dimensions of an image, without the batch axis.
        outputs: names with the number of values of each.
        versions: number of the newest versions that are served.
        timeout: seconds that a request may take if it does not say.
        timeout_override: a request may say.
        queue: requests that may wait.
        weight: share of the compute time, beside other models' (parameters, key "weight"); above 0.
        warnings: sentences on what was configured and is not gone by.
    """

    name: str
    max_batch: int
    dims: tuple[int, ...]
    outputs: dict[str, int]
    versions: int
    timeout: float
    timeout_override: bool
    queue: int
    weight: float
    warnings: tuple[str, ...] = ()


def model_config(text: str, folder: str, path: object = "config.pbtxt") -> ModelConfig:
    """Return what the server needs of a configuration.

    Args:
        text: content of config.pbtxt.
        folder: the model's name.
        path: path of the file, for messages.

    Raises:
        RepositoryError: a field is missing, unknown, or has a value that the server cannot serve.
    """
    warnings: list[str] = []
    whole = _Fields(_known(parse(text, path), FIELDS, "", path, warnings), path)
    name = whole.text("name")
    if name != folder:
        raise RepositoryError(f"{path}: its name is {name!r}, its folder's {folder!r}: they must be equal")
    inputs = whole.messages("input")
    if len(inputs) != 1 or inputs[0].text("name") != INPUT or inputs[0].text("data_type") != "TYPE_UINT8":
        raise RepositoryError(f"{path}: one input, named {INPUT!r} and of TYPE_UINT8, is served")
    outputs = {output.text("name"): output.numbers("dims") for output in whole.messages("output")}
    if tuple(outputs) != OUTPUTS or any(len(dims) != 1 for dims in outputs.values()):
        raise RepositoryError(f"{path}: its outputs are {outputs}, not {' and '.join(OUTPUTS)}, a row of classes each")
    policy = whole.message("dynamic_batching").message("default_queue_policy")
    if policy.text("timeout_action", "REJECT") != "REJECT":
        warnings.append("timeout_action is REJECT here: who has waited too long is told so")
    warnings += _of_instances(whole)
    return ModelConfig(
        name=name,
        max_batch=whole.number("max_batch_size", 1, most=MOST_IMAGES),
        dims=inputs[0].numbers("dims"),
        outputs={output: dims[0] for output, dims in outputs.items()},
        versions=whole.message("version_policy").message("latest").number("num_versions", 1, most=MOST_VERSIONS),
        timeout=policy.number("default_timeout_microseconds", 2_000_000, most=LONGEST_SECONDS * 10**6) / 1e6,
        timeout_override=policy.flag("allow_timeout_override", default=True),
        queue=policy.number("max_queue_size", 256, most=MOST_WAITING),
        weight=_weight(whole, warnings),
        warnings=tuple(f"{path}: {warning}" for warning in warnings),
    )


def _known(
    values: Mapping[str, Any], fields: Mapping[str, Any], where: str, path: object, warnings: list[str]
) -> dict[str, Any]:
    """Return the fields that the server goes by; warn of Triton's others.

    Raises:
        RepositoryError: a field is not known at all, or has a value of another kind.
    """
    known: dict[str, Any] = {}
    for name, entries in values.items():
        full = where + name
        if full in NOT_GONE_BY:
            warnings.append(f"{full} is not gone by: {NOT_GONE_BY[full]}")
            continue
        if name not in fields:
            raise RepositoryError(f"{path}: unknown field {full!r}: the server would ignore it, so remove it")
        nested = fields[name]
        if any(isinstance(entry, dict) != (nested is not None) for entry in entries):
            raise RepositoryError(f"{path}: {full!r} must be {'a value' if nested is None else 'in braces'}")
        known[name] = (
            entries if nested is None else [_known(entry, nested, f"{full}.", path, warnings) for entry in entries]
        )
    return known


class _Fields:
    """The fields of one message, read by their kinds and ranges; each reader raises RepositoryError."""

    def __init__(self, values: Mapping[str, Any], path: object) -> None:
        self.values, self.path = values, path

    def messages(self, name: str) -> list["_Fields"]:
        """Return every message of this name."""
        return [_Fields(value, self.path) for value in self.values.get(name, [])]

    def message(self, name: str) -> "_Fields":
        """Return the first message of this name, an empty one where there is none."""
        return next(iter(self.messages(name)), _Fields({}, self.path))

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text or a word."""
        return str(self._one(name, str, default))

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        return bool(self._one(name, bool, default))

    def number(self, name: str, default: int, *, most: int) -> int:
        """Return a whole number, 1 at least."""
        return self._in_range(name, self._one(name, int, default), most)

    def numbers(self, name: str) -> tuple[int, ...]:
        """Return one or more whole numbers, each 1 at least."""
        return tuple(self._in_range(name, value, LONGEST_SIDE) for value in self.values.get(name, [None]))

    def _in_range(self, name: str, value: object, most: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise RepositoryError(f"{self.path}: {name} is {value}: this server takes whole numbers from 1 to {most}")
        return value

    def _one(self, name: str, kind: type, default: object) -> object:
        entries: Sequence[object] = self.values.get(name, [] if default is None else [default])
        if len(entries) != 1 or type(entries[0]) is not kind:
            given = ", ".join(map(repr, entries)) or "nothing"
            raise RepositoryError(f"{self.path}: {name!r} must be given once, as {KINDS[kind]}; it is {given}")
        return entries[0]


KINDS = {str: "a text", int: "a whole number", bool: "true or false"}


def _of_instances(whole: _Fields) -> list[str]:
    """Return what is not gone by where a model asks for more than one instance."""
    counts = [group.number("count", 1, most=MOST_IMAGES) for group in whole.messages("instance_group")]
    return [f"instance_group asks for {sum(counts)}: --workers says how many batches run"] if sum(counts) > 1 else []


def _weight(whole: _Fields, warnings: list[str]) -> float:
    """Return the parameter `weight`, 1 where there is none; warn of parameters that nothing goes by."""
    parameters = {
        one.text("key"): one.message("value").text("string_value", "") for one in whole.messages("parameters")
    }
    for key, value in parameters.items():
        if key != "weight" and (key, value) != ("intra_op_thread_count", "1"):
            warnings.append(f"the parameter {key} = {value!r} is not gone by")
    text = parameters.get("weight", "1")
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise RepositoryError(f"{whole.path}: the weight is {text!r}: give a number above 0; other models have 1")
    return weight
