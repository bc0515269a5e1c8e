"""The Open Inference Protocol v2, REST: from answers to a reply, as JSON, as bytes, as classes."""

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import Any

import numpy as np
import orjson

from export.repository.golden import Answers, Floats
from export.repository.layout import OUTPUTS
from serve.api.exchange import BINARY, JSON, Reply, Send, error_reply, guarded
from serve.api.infer_request import HEADER_LENGTH, RAW_OUTPUTS, Inference, Wanted
from serve.errors import RequestError
from serve.inference.request_queue import Job
from serve.inference.version import Version

VALUE_BYTES = 4  # of FP32
HEADER_LENGTH_NAME = HEADER_LENGTH.decode()
ALIGNMENT = 16  # of the first tensor in a binary response: numpy.frombuffer gives aligned arrays then


def response(version: Version, inference: Inference, answers: Answers) -> Reply:
    """Return the reply to a request.

    Raises:
        RequestError: 500, an answer is not finite and was asked for as JSON, which has no such number.
    """
    wanted = inference.wanted
    if wanted is RAW_OUTPUTS or (
        inference.id is None and all(output.binary and not output.classes for output in wanted)
    ):
        head = _binary_head(version.name, version.number, wanted, answers.logits.shape)
        tail = [_values(answers, output).tobytes() for output in wanted]
        return Reply(200, b"".join([head, *tail]), {"content-type": BINARY, HEADER_LENGTH_NAME: str(len(head))})
    entries: list[dict[str, Any]] = []
    contents: list[bytes] = []
    for output in wanted:
        entry, content = output_of(version, answers, output)
        entries.append(entry)
        if content is not None:
            contents.append(content)
    text = _head(version.name, version.number, entries, inference.id)
    if not contents:
        return Reply(200, text, {"content-type": JSON})
    text = _aligned(text)
    return Reply(200, b"".join([text, *contents]), {"content-type": BINARY, HEADER_LENGTH_NAME: str(len(text))})


def _head(name: str, number: int, outputs: Sequence[Mapping[str, Any]], identity: str | None) -> bytes:
    head = {"model_name": name, "model_version": str(number), "outputs": outputs}
    if identity is not None:
        head["id"] = identity
    return orjson.dumps(head, option=orjson.OPT_SERIALIZE_NUMPY)


@lru_cache(maxsize=256)
def _binary_head(name: str, number: int, wanted: tuple[Wanted, ...], shape: tuple[int, int]) -> bytes:
    """Return the JSON before tensors, which is the same for all requests of one kind that bring no id."""
    return _aligned(_head(name, number, [_binary_entry(output.name, shape) for output in wanted], None))


def _aligned(text: bytes) -> bytes:
    return text.ljust(-(-len(text) // ALIGNMENT) * ALIGNMENT)


def _binary_entry(name: str, shape: tuple[int, ...]) -> dict[str, Any]:
    size = VALUE_BYTES * math.prod(shape)
    return {"name": name, "datatype": "FP32", "shape": shape, "parameters": {"binary_data_size": size}}


def output_of(version: Version, answers: Answers, wanted: Wanted) -> tuple[dict[str, Any], bytes | None]:
    """Return an output's entry and its bytes, None where the entry holds the values.

    Raises:
        RequestError: 500, values that JSON has no numbers for.
    """
    values = _values(answers, wanted)
    return _classification(version, values, wanted) if wanted.classes else _tensor(values, wanted)


def _values(answers: Answers, wanted: Wanted) -> Floats:
    return answers.logits if wanted.name == OUTPUTS[0] else answers.probabilities


def _tensor(values: Floats, wanted: Wanted) -> tuple[dict[str, Any], bytes | None]:
    if wanted.binary:
        return _binary_entry(wanted.name, values.shape), values.tobytes()
    output: dict[str, Any] = {"name": wanted.name, "datatype": "FP32", "shape": list(values.shape)}
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
    content = b"".join(struct.pack("<I", len(element)) + element for element in encoded)
    return {**output, "parameters": {"binary_data_size": len(content)}}, content


@dataclass(slots=True)
class Answering:
    """Answers a request when its images have run; `reply` makes the reply of their answers.

    An error is not raised: it would keep the request through the frames of its traceback.
    """

    send: Send
    reply: Callable[[Answers], Reply]

    def __call__(self, job: Job, result: Answers | RequestError) -> None:
        """Answer once."""
        if isinstance(result, RequestError):
            self.send(error_reply(result))
        else:
            guarded(self.send, self._send, job, result)

    def _send(self, job: Job, answers: Answers) -> None:
        reply = self.reply(answers)
        reply.headers["server-timing"] = _timing(job, monotonic())
        self.send(reply)


def _timing(job: Job, now: float) -> str:
    """Return what a browser shows of a request: milliseconds waited and run."""
    return f"queue;dur={1e3 * (job.started - job.arrived):.3f}, run;dur={1e3 * (now - job.started):.3f}"
