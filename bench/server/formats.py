"""Forms of requests and answers over the wire: the protocol's, and those that the other servers document.

Each format makes the body and the headers of n images, uint8 (n, channels, height, width), and reads logits, float32
(n, classes), from the body of an answer.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bench.server.golden import Floats, Pixels

Message = tuple[bytes, dict[str, str]]

JSON = {"Content-Type": "application/json"}
HEADER_LENGTH = "Inference-Header-Content-Length"


@dataclass(frozen=True)
class Format:
    """One form of request and answer.

    Attributes:
        name: bytes or JSON, as tables group them.
        encode: makes a request.
        decode: reads an answer of so many images.
    """

    name: str
    encode: Callable[[Pixels], Message]
    decode: Callable[[bytes, int], Floats]


def _tensor(images: Pixels) -> dict[str, object]:
    return {"name": "image", "shape": list(images.shape), "datatype": "UINT8"}


def _raw_inference(images: Pixels) -> Message:
    """One image as it is; several need a header that says how many."""
    if len(images) == 1:
        return images.tobytes(), {"Content-Type": "application/octet-stream", HEADER_LENGTH: "0"}
    tensor = {**_tensor(images), "parameters": {"binary_data_size": images.nbytes}}
    head = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
    return head + images.tobytes(), {"Content-Type": "application/octet-stream", HEADER_LENGTH: str(len(head))}


def _raw_logits(body: bytes, count: int) -> Floats:
    head, _ = json.JSONDecoder().raw_decode(body.decode("latin-1"))
    sizes = {output["name"]: output["parameters"]["binary_data_size"] for output in head["outputs"]}
    start = len(body) - sum(sizes.values())  # the tensors are the end of the body, in the order of the head
    for name, size in sizes.items():
        if name == "logits":
            return np.frombuffer(body[start : start + size], np.float32).reshape(count, -1)
        start += size
    raise KeyError("logits")


def _json_inference(images: Pixels) -> Message:
    tensor = {**_tensor(images), "data": images.ravel().tolist()}
    return json.dumps({"inputs": [tensor]}, separators=(",", ":")).encode(), JSON


def _json_logits(body: bytes, count: int) -> Floats:
    outputs = {output["name"]: output["data"] for output in json.loads(body)["outputs"]}
    return np.array(outputs["logits"], np.float32).reshape(count, -1)


def _nested(images: Pixels) -> Message:
    return json.dumps({"image": images.tolist()}, separators=(",", ":")).encode(), JSON


def _nested_logits(body: bytes, count: int) -> Floats:
    answer = json.loads(body)
    rows = answer["logits"] if isinstance(answer, Mapping) else answer
    return np.array(rows, np.float32).reshape(count, -1)


def _plain(images: Pixels) -> Message:
    return images.tobytes(), {"Content-Type": "application/octet-stream"}


def _plain_logits(body: bytes, count: int) -> Floats:
    return np.frombuffer(body, np.float32).reshape(count, -1)


BYTES_NAME, JSON_NAME = "bytes", "JSON"
OIP_BYTES = Format(BYTES_NAME, _raw_inference, _raw_logits)
OIP_JSON = Format(JSON_NAME, _json_inference, _json_logits)
NESTED_JSON = Format(JSON_NAME, _nested, _nested_logits)
PLAIN_BYTES = Format(BYTES_NAME, _plain, _plain_logits)
