"""The Open Inference Protocol v2, REST: from answers to a response's body, as JSON, as bytes, as classes."""

import struct
from typing import Any

import numpy as np
import orjson

from export.repository import OUTPUTS
from serve.engine import Answers, Floats, Version
from serve.errors import RequestError
from serve.oip import BINARY, HEADER_LENGTH, JSON, Inference, Wanted

ALIGNMENT = 16  # of the first tensor in a binary response: numpy.frombuffer gives aligned arrays then


def response(version: Version, inference: Inference, answers: Answers) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of an answer.

    Raises:
        RequestError: 500, an answer is not finite and was asked for as JSON, which has no such number.
    """
    outputs: list[dict[str, Any]] = []
    tail: list[bytes] = []
    for wanted in inference.wanted:
        output, content = output_of(version, answers, wanted)
        outputs.append(output)
        if content is not None:
            tail.append(content)
    head = {"model_name": version.name, "model_version": str(version.number), "outputs": outputs}
    if inference.id is not None:
        head["id"] = inference.id
    text = orjson.dumps(head, option=orjson.OPT_SERIALIZE_NUMPY)
    if not tail:
        return text, {"content-type": JSON}
    text = text.ljust(-(-len(text) // ALIGNMENT) * ALIGNMENT)
    return b"".join([text, *tail]), {"content-type": BINARY, HEADER_LENGTH: str(len(text))}


def output_of(version: Version, answers: Answers, wanted: Wanted) -> tuple[dict[str, Any], bytes | None]:
    """Return an output's entry and its bytes, None where the entry holds the values.

    Raises:
        RequestError: 500, values that JSON has no numbers for.
    """
    values = answers.logits if wanted.name == OUTPUTS[0] else answers.probabilities
    return _classification(version, values, wanted) if wanted.classes else _tensor(values, wanted)


def _tensor(values: Floats, wanted: Wanted) -> tuple[dict[str, Any], bytes | None]:
    output: dict[str, Any] = {"name": wanted.name, "datatype": "FP32", "shape": list(values.shape)}
    if wanted.binary:
        content = values.tobytes()
        return {**output, "parameters": {"binary_data_size": len(content)}}, content
    if not np.isfinite(values).all():
        raise RequestError(500, f"{wanted.name} are not finite: JSON has no such numbers, ask for binary_data")
    return {**output, "data": np.ascontiguousarray(values).ravel()}, None


def _classification(version: Version, values: Floats, wanted: Wanted) -> tuple[dict[str, Any], bytes | None]:
    """Return `value:index:label` of the k best classes of each image, best first."""
    order = np.argsort(-values, axis=1, kind="stable")[:, : wanted.classes]
    texts = [
        f"{values[image, place]:.6f}:{place}:{version.labels[place]}"
        for image in range(len(values))
        for place in order[image]
    ]
    output: dict[str, Any] = {"name": wanted.name, "datatype": "BYTES", "shape": list(order.shape)}
    if not wanted.binary:
        return {**output, "data": texts}, None
    encoded = [text.encode() for text in texts]
    content = b"".join(struct.pack("<I", len(each)) + each for each in encoded)
    return {**output, "parameters": {"binary_data_size": len(content)}}, content
