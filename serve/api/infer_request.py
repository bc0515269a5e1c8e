"""The Open Inference Protocol v2, REST: from a request's body to images. `answers` has the way back.

With the extensions binary_tensor_data (raw requests included) and classification. Models have one input, `image`, UINT8
[n, channels, height, width], and two outputs, `logits` and `probabilities`, FP32 [n, classes].
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import orjson

from export.repository.golden import Pixels
from export.repository.layout import INPUT, OUTPUTS
from serve.errors import RequestError
from serve.inference.version import Version
from serve.log import kind, short

HEADER_LENGTH = b"inference-header-content-length"
LENGTH_DIGITS = 20  # of a number of bytes: Python refuses to read thousands of them
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")  # what files of them begin with
FLAGS = (b"true", b"false")
REFUSED_CONSTANTS = (b"NaN", b"Infinity")


class Wanted(NamedTuple):
    """An output that was asked for: as bytes or as JSON, as it is or as the k best classes."""

    name: str
    binary: bool
    classes: int


class Inference(NamedTuple):
    """A request to infer: what to run, what to answer, how long it may take (seconds, None: as configured)."""

    images: Pixels
    id: str | None
    wanted: tuple[Wanted, ...]
    timeout: float | None


def parse(version: Version, header_length: bytes | None, body: bytes) -> Inference:
    """Return what a request asks for.

    Args:
        version: the version that is asked.
        header_length: the value of Inference-Header-Content-Length, None where it is absent.
        body: the request's, header and tensors.

    Raises:
        RequestError: 400, with what is wrong and where.
    """
    if header_length is None:
        return _parse_json(version, body, b"")
    if not header_length.isdigit() or len(header_length) > LENGTH_DIGITS:
        given = header_length.decode("latin-1")
        raise RequestError(400, f"{HEADER_LENGTH.decode()} is {given[:LENGTH_DIGITS]!r}: it must be a number of bytes")
    length = int(header_length)
    if length > len(body):
        raise RequestError(400, f"{HEADER_LENGTH.decode()} is {length}: the body has {len(body)} bytes")
    if length == 0:
        return Inference(from_bytes(body, (1, *version.config.dims)), None, RAW_OUTPUTS, None)
    return _parse_json(version, body[:length], body[length:])


BYTE_ORDER_MARK = b"\xef\xbb\xbf"
IGNORED = ("model_name", "model_version")  # KServe's client repeats what the path says
RAW_OUTPUTS = tuple(Wanted(name, binary=True, classes=0) for name in OUTPUTS)


def _parse_json(version: Version, header: bytes, tensors: bytes) -> Inference:
    request = _object(_loads(header.removeprefix(BYTE_ORDER_MARK)), "the request")
    _only(request, ("id", "parameters", "inputs", "outputs", *IGNORED), "the request")
    identity = request.get("id")
    if identity is not None and not isinstance(identity, str):
        raise RequestError(400, f"id is {short(identity)}: it must be a string")
    parameters = _object(request.get("parameters", {}), "parameters")
    without_flags = not any(flag in header for flag in FLAGS)
    images = _image(version, request.get("inputs"), tensors, without_flags=without_flags)
    binary = _flag(parameters.get("binary_data_output", False), "parameters.binary_data_output")
    wanted = wanted_outputs(version, request.get("outputs"), binary=binary)
    return Inference(images, identity, wanted, timeout(parameters.get("timeout")))


def _loads(text: bytes) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        for constant in REFUSED_CONSTANTS:
            if constant in text:
                raise RequestError(400, f"{constant.decode()} is not JSON: numbers must be finite") from None
        raise RequestError(400, f"the request is not JSON: {error}{_instead(text)}") from None


def _instead(text: bytes) -> str:
    """Return what was perhaps meant, of a body that is not JSON."""
    if text.startswith(PICTURES):
        return "; it is a picture: those go to .../classify"
    return (
        "" if text[:1] in (b"{", b"[", b'"', b"") else f"; bytes need {HEADER_LENGTH.decode()}, 0 for one image alone"
    )


def _object(value: object, what: str) -> Mapping[str, Any]:
    """Return an object's fields; null stands for a field that is not there."""
    if not isinstance(value, dict):
        raise RequestError(400, f"{what} must be a JSON object, not {kind(value)}")
    return value if None not in value.values() else {name: part for name, part in value.items() if part is not None}


def _only(values: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    for name in values:
        if name not in known:
            raise RequestError(400, f"{what} has an unknown field {name!r}: known are {', '.join(known)}")


def _flag(value: object, what: str) -> bool:
    if not isinstance(value, bool):
        raise RequestError(400, f"{what} is {short(value)}: it must be true or false")
    return value


def timeout(value: object) -> float | None:
    """Return the seconds of a request's parameter of that name, None where it gives none.

    Raises:
        RequestError: 400, it is no whole number of microseconds.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise RequestError(400, f"parameters.timeout is {short(value)}: it must be microseconds, 0 for the model's own")
    return value / 1e6 if value else None


def _image(version: Version, inputs: object, tensors: bytes, *, without_flags: bool) -> Pixels:
    """Return the pixels of the one input."""
    if not isinstance(inputs, list) or len(inputs) != 1:
        count = len(inputs) if isinstance(inputs, list) else 0
        raise RequestError(400, f"inputs must be a list with the one input {INPUT!r}; it has {count}")
    given = _object(inputs[0], "inputs[0]")
    _only(given, ("name", "shape", "datatype", "parameters", "data"), "inputs[0]")
    shape = checked_shape(version, given)
    parameters = _object(given.get("parameters", {}), "inputs[0].parameters")
    no_shared_memory(parameters, "inputs[0]")
    size = parameters.get("binary_data_size")
    if size is not None and "data" in given:
        raise RequestError(400, "inputs[0] has both data and binary_data_size: give one of them")
    if size is None:
        if tensors:
            raise RequestError(400, f"{len(tensors)} bytes follow the JSON, but no input has a binary_data_size")
        return from_json(given.get("data"), shape, without_flags=without_flags)
    if isinstance(size, bool) or not isinstance(size, int) or size != len(tensors):
        raise RequestError(400, f"binary_data_size is {short(size)}: {len(tensors)} bytes follow the JSON")
    return from_bytes(tensors, shape)


def no_shared_memory(parameters: Iterable[str], where: str) -> None:
    """Refuse tensors that lie in memory that client and server would share.

    Raises:
        RequestError: 400.
    """
    for name in parameters:
        if name.startswith("shared_memory"):
            raise RequestError(400, f"{where}: shared memory is not offered, send the tensor with the request")


def checked_shape(version: Version, given: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the shape of an input, its name and datatype checked.

    Raises:
        RequestError: 400.
    """
    if given.get("name") != INPUT:
        raise RequestError(400, f"inputs[0].name is {short(given.get('name'))}: {version.name} takes {INPUT!r}")
    if given.get("datatype") != "UINT8":
        raise RequestError(
            400,
            f"inputs[0].datatype is {short(given.get('datatype'))}: {version.name} takes UINT8, pixels from 0 to 255",
        )
    return _shape(version, given.get("shape"))


def _shape(version: Version, value: object) -> tuple[int, ...]:
    dims, most = version.config.dims, version.config.max_batch
    if not isinstance(value, list) or any(isinstance(size, bool) or not isinstance(size, int) for size in value):
        raise RequestError(400, f"inputs[0].shape is {short(value)}: it must be a list of whole numbers")
    if len(value) != len(dims) + 1 or tuple(value[1:]) != dims:
        raise RequestError(
            400, f"inputs[0].shape is {short(value)}: {version.name} takes [n, {', '.join(map(str, dims))}]"
        )
    if not 1 <= value[0] <= most:
        raise RequestError(400, f"inputs[0].shape is {short(value)}: {version.name} takes 1 to {most} images a request")
    return tuple(value)


def from_bytes(content: bytes, shape: tuple[int, ...]) -> Pixels:
    """Return pixels from bytes in row-major order.

    Raises:
        RequestError: 400, too few or too many.
    """
    expected = math.prod(shape)
    if len(content) != expected:
        raise RequestError(400, f"the tensor has {len(content)} bytes: shape {list(shape)} of UINT8 has {expected}")
    return np.ndarray(shape, np.uint8, content)


def from_json(data: object, shape: tuple[int, ...], *, without_flags: bool = False) -> Pixels:
    """Return pixels from a list of numbers, flat or nested.

    Args:
        data: as it was read.
        shape: the pixels' shape, (n, channels, height, width).
        without_flags: no true or false can be among the numbers. `bytes` refuses everything else that is no number,
            and takes a third of the time of looking at every type.

    Raises:
        RequestError: 400, with the first number that is wrong.
    """
    if not isinstance(data, list):
        raise RequestError(400, f"inputs[0].data must be a list, not {kind(data)}")
    flat = data if data and not isinstance(data[0], list) else _flattened(data, shape)
    expected = math.prod(shape)
    if len(flat) != expected:
        raise RequestError(400, f"inputs[0].data has {len(flat)} values: shape {list(shape)} has {expected}")
    if not without_flags and bool in set(map(type, flat)):
        raise _not_whole(flat)
    try:
        return np.frombuffer(bytes(flat), np.uint8).reshape(shape)
    except TypeError:
        raise _not_whole(flat) from None
    except (ValueError, OverflowError):
        place, value = next((place, value) for place, value in enumerate(flat) if not 0 <= value <= 255)  # noqa: PLR2004 - of UINT8
        raise RequestError(400, f"inputs[0].data[{place}] is {value}: UINT8 holds 0 to 255") from None


def _not_whole(flat: Sequence[object]) -> RequestError:
    place, value = next((place, value) for place, value in enumerate(flat) if type(value) is not int)
    return RequestError(400, f"inputs[0].data[{place}] is {short(value)}: UINT8 holds whole numbers")


def _flattened(data: list[Any], shape: tuple[int, ...]) -> list[Any]:
    """Return nested data as one list; every level must have the length that the shape says."""
    level: list[Any] = [data]
    for depth, length in enumerate(shape):
        for part in level:
            if not isinstance(part, list) or len(part) != length:
                given = f"{len(part)} values" if isinstance(part, list) else kind(part)
                raise RequestError(400, f"inputs[0].data is ragged: {given} at depth {depth}, the shape has {length}")
        level = list(chain.from_iterable(level))
    return level


def wanted_outputs(version: Version, outputs: object, *, binary: bool) -> tuple[Wanted, ...]:
    """Return the outputs that are asked for; None means all.

    Raises:
        RequestError: 400.
    """
    if outputs is None:
        return tuple(Wanted(name, binary, 0) for name in OUTPUTS)
    if not isinstance(outputs, list):
        raise RequestError(400, f"outputs must be a list, not {kind(outputs)}")
    wanted: dict[str, Wanted] = {}
    for place, output in enumerate(outputs):
        where = f"outputs[{place}]"
        given = _object(output, where)
        _only(given, ("name", "parameters"), where)
        name = given.get("name")
        if name not in OUTPUTS:
            raise RequestError(400, f"{where}.name is {short(name)}: {version.name} has {' and '.join(OUTPUTS)}")
        if name in wanted:
            raise RequestError(400, f"{where}.name is {name!r} a second time")
        parameters = _object(given.get("parameters", {}), f"{where}.parameters")
        no_shared_memory(parameters, where)
        own = _flag(parameters.get("binary_data", binary), f"{where}.parameters.binary_data")
        wanted[name] = Wanted(name, own, _classes(version, parameters.get("classification", 0), where))
    return tuple(wanted.values()) or tuple(Wanted(name, binary, 0) for name in OUTPUTS)


def _classes(version: Version, value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise RequestError(400, f"{where}.parameters.classification is {short(value)}: it must be how many classes")
    return min(value, len(version.labels))
