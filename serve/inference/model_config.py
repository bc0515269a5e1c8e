"""Reads config.pbtxt: the part of protobuf's text format that model configurations use, and the fields that are served.

A field that is not known is an error that names it: a server that ignored it would not do what was configured.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from export.repository.layout import RepositoryError

TOKEN = re.compile(
    r"""\s*(?:\#[^\n]*\s*)*(?:
        (?P<punctuation>[{}\[\]:,;<>])
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<number>-?(?:\d+\.?\d*(?:[eE][+-]?\d+)?))
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<end>$)
    )""",
    re.VERBOSE,
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
PUNCTUATION = "{}[]:,;<>"
DEPTH = 20

FIELDS: dict[str, Any] = {  # what may stand where: a nested mapping, or None for a plain value
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


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The part of config.pbtxt that the server goes by.

    Attributes:
        name: name of the model and of its folder.
        max_batch: images that a request may have.
        dims: dimensions of an image, without the batch axis.
        outputs: names with the number of values of each.
        versions: number of the newest versions that are served.
        timeout: seconds that a request may take if it does not say.
        timeout_override: a request may say.
        queue: requests that may wait.
        weight: share of the compute time, beside other models' (parameters, key "weight"); above 0.
        values: everything that was read, as it stands.
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
    values: dict[str, Any]


def parse(text: str, path: object = "config.pbtxt") -> dict[str, Any]:
    """Return the fields of a configuration, each a list of its values.

    Raises:
        RepositoryError: it is no text format, or it has a field that the server does not know.
    """
    return _Reader(text, path).read()


class _Reader:
    """Reads the tokens of one text from left to right."""

    def __init__(self, text: str, path: object) -> None:
        self.path, self.place = path, 0
        self.tokens = self._split(text)

    def read(self) -> dict[str, Any]:
        """Return the whole message."""
        values = self._message(FIELDS, "", 0)
        if self.place != len(self.tokens):
            raise self._error(f"unexpected {self._next!r}")
        return values

    def _split(self, text: str) -> list[str]:
        tokens, place = [], 0
        while place < len(text):
            match = TOKEN.match(text, place)
            if match is None:
                raise self._error(f"cannot read {text[place : place + 20].strip()!r}")
            place = match.end()
            if match.lastgroup is not None and match.lastgroup != "end":
                tokens.append(match.group(match.lastgroup))
        return tokens

    @property
    def _next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else "the end"

    def _message(self, fields: dict[str, Any], where: str, depth: int) -> dict[str, Any]:
        if depth > DEPTH:
            raise self._error(f"nested more than {DEPTH} deep")
        values: dict[str, Any] = {}
        while self.place < len(self.tokens) and self._next not in ("}", "]"):
            name = self._next
            self.place += 1
            if name in (",", ";"):
                continue
            if name not in fields:
                raise self._error(f"unknown field {where + name!r}: the server would ignore it, so remove it")
            if self._next == ":":
                self.place += 1
            values.setdefault(name, []).extend(self._values(fields[name], f"{where}{name}.", depth))
        return values

    def _values(self, fields: dict[str, Any] | None, where: str, depth: int) -> list[Any]:
        """Return the value at this place, or several where they stand in brackets."""
        if self._next == "[":
            self.place += 1
            values: list[Any] = []
            while self.place < len(self.tokens) and self._next != "]":
                if self._next == ",":
                    self.place += 1
                else:
                    values += self._values(fields, where, depth + 1)
            self._expect("]")
            return values
        if fields is not None:
            self._expect("{")
            message = self._message(fields, where, depth + 1)
            self._expect("}")
            return [message]
        if self.place >= len(self.tokens) or self._next in PUNCTUATION:
            raise self._error(f"{where[:-1]!r} has no value")
        self.place += 1
        return [_scalar(self.tokens[self.place - 1])]

    def _expect(self, mark: str) -> None:
        if self._next != mark:
            raise self._error(f"expected {mark!r}, found {self._next!r}")
        self.place += 1

    def _error(self, message: str) -> RepositoryError:
        return RepositoryError(f"{self.path}: {message}")


def _scalar(text: str) -> str | int | float | bool:
    if text[0] in "\"'":
        return re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), text[1:-1])
    if text in ("true", "false"):
        return text == "true"
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def model_config(text: str, folder: str, path: object = "config.pbtxt") -> ModelConfig:
    """Return what the server needs of a configuration.

    Args:
        text: content of config.pbtxt.
        folder: the model's name.
        path: path of the file, for messages.

    Raises:
        RepositoryError: a field is missing, unknown, or has a value that the server cannot serve.
    """
    values = parse(text, path)
    name = _one(values, "name", str, path)
    if name != folder:
        raise RepositoryError(f"{path}: its name is {name!r}, its folder's {folder!r}: they must be equal")
    inputs = values.get("input", [])
    if len(inputs) != 1 or inputs[0].get("name") != ["image"] or inputs[0].get("data_type") != ["TYPE_UINT8"]:
        raise RepositoryError(f"{path}: one input, named 'image' and of TYPE_UINT8, is served; it has {inputs}")
    outputs = {_one(output, "name", str, path): int(output["dims"][0]) for output in values.get("output", [])}
    if list(outputs) != ["logits", "probabilities"]:
        raise RepositoryError(f"{path}: its outputs are {list(outputs)}, not logits and probabilities")
    policy = _first(_first(values, "dynamic_batching"), "default_queue_policy")
    latest = _first(_first(values, "version_policy"), "latest")
    for field in ("default_timeout_microseconds", "max_queue_size"):
        if int(policy.get(field, [1])[0]) < 1:
            raise RepositoryError(f"{path}: {field} is {policy[field][0]}: this server bounds both, give at least 1")
    return ModelConfig(
        name=name,
        max_batch=max(1, int(values.get("max_batch_size", [1])[0])),
        dims=tuple(int(dim) for dim in inputs[0].get("dims", [])),
        outputs=outputs,
        versions=int(latest.get("num_versions", [1])[0]),
        timeout=int(policy.get("default_timeout_microseconds", [2_000_000])[0]) / 1e6,
        timeout_override=bool(policy.get("allow_timeout_override", [True])[0]),
        queue=int(policy.get("max_queue_size", [256])[0]),
        weight=_weight(values, path),
        values=values,
    )


def _weight(values: dict[str, Any], path: object) -> float:
    """Return the parameter `weight`, 1 where there is none."""
    texts = [
        str(_first(parameter, "value").get("string_value", [""])[0])
        for parameter in values.get("parameters", [])
        if parameter.get("key") == ["weight"]
    ]
    if not texts:
        return 1.0
    try:
        weight = float(texts[0])
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise RepositoryError(f"{path}: the weight is {texts[0]!r}: give a number above 0; other models have 1")
    return weight


def _first(values: dict[str, Any], name: str) -> dict[str, Any]:
    message: dict[str, Any] = values.get(name, [{}])[0]
    return message


def _one(values: dict[str, Any], name: str, kind: type, path: object) -> Any:  # noqa: ANN401 - of that kind
    entries = values.get(name, [])
    if len(entries) != 1 or not isinstance(entries[0], kind):
        raise RepositoryError(f"{path}: {name!r} must be given once")
    return entries[0]
