"""Tests of `infer_request` and `app`: the Open Inference Protocol over HTTP, and every way to get it wrong."""

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.serve.conftest import LABELS_OF, SHAPE, Running, expected, request

INFER = "/v2/models/net/infer"
LENGTH = "Inference-Header-Content-Length"


def values(answer: dict[str, Any], name: str) -> np.ndarray:
    """Return an output of a JSON answer."""
    (output,) = (entry for entry in answer["outputs"] if entry["name"] == name)
    return np.array(output["data"], np.float32).reshape(output["shape"])


def test_an_inference_as_json(running: Running, images: np.ndarray) -> None:
    """Both outputs, the id, the version that answered."""
    status, answer = running.infer(request(images, id="seven"))

    assert status == 200
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("net", "1", "seven")
    assert [output["datatype"] for output in answer["outputs"]] == ["FP32", "FP32"]
    np.testing.assert_allclose(values(answer, "logits"), expected(images), rtol=1e-5)
    np.testing.assert_allclose(values(answer, "probabilities").sum(axis=1), 1, rtol=1e-5)


def test_nested_data_are_the_same_as_flat(running: Running, images: np.ndarray) -> None:
    """Row-major, in the shape that is stated."""
    nested = request(images)
    nested["inputs"][0]["data"] = images.tolist()

    assert running.infer(nested)[1]["outputs"] == running.infer(request(images))[1]["outputs"]


def test_a_version_may_be_named(running: Running, images: np.ndarray) -> None:
    """One that is not there is a 404 that says which are."""
    body = json.dumps(request(images)).encode()

    assert running.ask("POST", "/v2/models/net/versions/1/infer", body)[0] == 200
    status, answer, _ = running.ask("POST", "/v2/models/net/versions/2/infer", body)
    assert (status, answer) == (404, {"error": "net has no version '2': served are 1"})


def binary(images: np.ndarray, **more: object) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a request with binary pixels."""
    head = request(images, **more)
    del head["inputs"][0]["data"]
    head["inputs"][0]["parameters"] = {"binary_data_size": images.nbytes}
    text = json.dumps(head).encode()
    return text + images.tobytes(), {LENGTH: str(len(text))}


def test_pixels_and_answers_as_bytes(running: Running, images: np.ndarray) -> None:
    """Tensors in the order of the JSON, the first of them aligned to 16 bytes."""
    body, headers = binary(images, parameters={"binary_data_output": True})

    status, content, answered = running.ask("POST", INFER, body, headers)
    length = int(answered[LENGTH.lower()])
    head = json.loads(content[:length])

    assert (status, length % 16) == (200, 0)
    assert [output["parameters"]["binary_data_size"] for output in head["outputs"]] == [60, 60]
    logits = np.frombuffer(content[length : length + 60], np.float32).reshape(5, 3)
    np.testing.assert_allclose(logits, expected(images), rtol=1e-5)
    assert len(content) == length + 120


def test_an_outputs_own_parameter_wins(running: Running, images: np.ndarray) -> None:
    """One output as bytes, the other as JSON."""
    outputs = [{"name": "probabilities"}, {"name": "logits", "parameters": {"binary_data": False}}]
    body, headers = binary(images, parameters={"binary_data_output": True}, outputs=outputs)

    _, content, answered = running.ask("POST", INFER, body, headers)
    head = json.loads(content[: int(answered[LENGTH.lower()])])

    assert [output["name"] for output in head["outputs"]] == ["probabilities", "logits"]
    np.testing.assert_allclose(values(head, "logits"), expected(images), rtol=1e-5)


def test_a_raw_request_is_one_image(running: Running, images: np.ndarray) -> None:
    """The body is the pixels, all outputs come as bytes."""
    status, content, answered = running.ask("POST", INFER, images[0].tobytes(), {LENGTH: "0"})
    length = int(answered[LENGTH.lower()])

    assert status == 200
    logits = np.frombuffer(content[length : length + 12], np.float32)
    np.testing.assert_allclose(logits, expected(images[:1])[0], rtol=1e-5)


def test_classification_names_the_best_classes(running: Running, images: np.ndarray) -> None:
    """`value:index:label`, best first, in JSON and as bytes."""
    outputs = [{"name": "logits", "parameters": {"classification": 2}}]
    _, answer = running.infer(request(images, outputs=outputs))
    order = np.argsort(-expected(images), axis=1)

    (output,) = answer["outputs"]
    assert (output["datatype"], output["shape"]) == ("BYTES", [5, 2])
    classes = [text.split(":") for text in output["data"]]
    assert [int(place) for _, place, _ in classes] == order[:, :2].ravel().tolist()
    assert [label for _, _, label in classes] == [LABELS_OF[place] for place in order[:, :2].ravel()]

    body, headers = binary(images, outputs=outputs, parameters={"binary_data_output": True})
    _, content, answered = running.ask("POST", INFER, body, headers)
    first = content[int(answered[LENGTH.lower()]) :]
    (length,) = struct.unpack_from("<I", first)
    assert first[4 : 4 + length].decode() == output["data"][0]


Edit = Callable[[dict[str, Any]], None]


def tensor(**changes: object) -> Edit:
    """Return an edit of the request's one input."""
    return lambda head: head["inputs"][0].update(changes)


def top(**changes: object) -> Edit:
    """Return an edit of the request itself."""
    return lambda head: head.update(changes)


WRONG: list[tuple[Edit, str]] = [
    (top(id=7), "id is 7: it must be a string"),
    (top(inputs=[]), "inputs must be a list with the one input 'image'; it has 0"),
    (top(inputs={}), "inputs must be a list"),
    (lambda head: head["inputs"].append(head["inputs"][0]), "it has 2"),
    (top(parameters=[]), "parameters must be a JSON object, not a list"),
    (top(parameters={"timeout": -1}), "parameters.timeout is -1"),
    (top(parameters={"timeout": True}), "parameters.timeout is True"),
    (top(parameters={"binary_data_output": 1}), "binary_data_output is 1: it must be true or false"),
    (top(outputs=[{"name": "scores"}]), "outputs[0].name is 'scores'"),
    (top(outputs=[{"name": "logits"}, {"name": "logits"}]), "outputs[1].name is 'logits' a second time"),
    (top(outputs=[{"name": "logits", "parameters": {"classification": -1}}]), "classification is -1"),
    (top(outputs=7), "outputs must be a list, not a number"),
    (top(input=[]), "the request has an unknown field 'input'"),
    (tensor(name="pixels"), "inputs[0].name is 'pixels': net takes 'image'"),
    (tensor(datatype="FP32"), "inputs[0].datatype is 'FP32': net takes UINT8"),
    (tensor(shape=[5, 16]), "inputs[0].shape is [5, 16]: net takes [n, 1, 4, 4]"),
    (tensor(shape=[5, 1, 4, -4]), "net takes [n, 1, 4, 4]"),
    (tensor(shape=[0, *SHAPE]), "net takes 1 to 8 images a request"),
    (tensor(shape=[9, *SHAPE]), "net takes 1 to 8 images a request"),
    (tensor(shape=[2**62, *SHAPE]), "net takes 1 to 8 images a request"),
    (tensor(shape=[5.0, *SHAPE]), "it must be a list of whole numbers"),
    (tensor(shape=[True, *SHAPE]), "it must be a list of whole numbers"),
    (tensor(shape=None), "inputs[0].shape is None"),
    (tensor(data=[1, 2, 3]), "inputs[0].data has 3 values: shape [5, 1, 4, 4] has 80"),
    (tensor(data="abc"), "inputs[0].data must be a list, not a string"),
    (tensor(data=[300] * 80), "inputs[0].data[0] is 300: UINT8 holds 0 to 255"),
    (tensor(data=[0] * 79 + [-1]), "inputs[0].data[79] is -1"),
    (tensor(data=[0] * 79 + [0.5]), "inputs[0].data[79] is 0.5: UINT8 holds whole numbers"),
    (tensor(data=[True] + [0] * 79), "inputs[0].data[0] is True"),
    (tensor(data=["1"] + [0] * 79), "inputs[0].data[0] is '1'"),
    (tensor(data=[[[[0] * 4] * 4]] * 4 + [[[[0] * 4] * 3]]), "inputs[0].data is ragged: 3 values at depth 2"),
    (tensor(data=[[0] * 16] * 5), "inputs[0].data is ragged: 16 values at depth 1"),
    (tensor(parameters={"binary_data_size": 80}), "both data and binary_data_size"),
    (tensor(extra=1), "inputs[0] has an unknown field 'extra'"),
    (lambda head: head["inputs"][0].pop("data"), "inputs[0].data must be a list, not nothing"),
]


@pytest.mark.parametrize(("edit", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
def test_a_wrong_request_says_what_and_where(edit: Edit, message: str, running: Running, images: np.ndarray) -> None:
    """400, one sentence, and the next request is answered."""
    head = request(images)
    edit(head)

    status, answer = running.infer(head)

    assert status == 400
    assert message in answer["error"]
    assert running.infer(request(images))[0] == 200


@pytest.mark.parametrize(
    ("body", "headers", "message"),
    [
        (b"", {}, "the request is not JSON"),
        (b"{", {}, "the request is not JSON"),
        (b"[]", {}, "the request must be a JSON object, not a list"),
        (b'{"inputs": NaN}', {}, "NaN is not JSON: numbers must be finite"),
        (b'{"inputs": -Infinity}', {}, "Infinity is not JSON"),
        (b"[" * 2000, {}, "the request is not JSON"),
        (b"\xff\xfe", {}, "the request is not JSON"),
        (b"x" * 15, {LENGTH: "0"}, "the tensor has 15 bytes: shape [1, 1, 4, 4] of UINT8 has 16"),
        (b"x" * 16, {LENGTH: "-1"}, "is '-1': it must be a number of bytes"),
        (b"x" * 16, {LENGTH: "17"}, "is 17: the body has 16 bytes"),
        (b"x" * 16, {LENGTH: "ten"}, "is 'ten': it must be a number of bytes"),
        (b"x" * 16, {"Content-Encoding": "br"}, "is not taken: send gzip, deflate or plain bytes"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    body: bytes, headers: dict[str, str], message: str, running: Running
) -> None:
    """With the reason, as JSON."""
    status, answer, _ = running.ask("POST", INFER, body, headers)

    assert status == (415 if "Content-Encoding" in headers else 400)
    assert message in answer["error"]


@pytest.mark.parametrize(("size", "tail"), [(79, b""), (81, b""), (80, b"x"), ("80", b""), (True, b"")])
def test_a_binary_size_that_does_not_fit_is_refused(
    size: object, tail: bytes, running: Running, images: np.ndarray
) -> None:
    """Neither too many nor too few bytes follow the JSON."""
    head = request(images)
    del head["inputs"][0]["data"]
    head["inputs"][0]["parameters"] = {"binary_data_size": size}
    text = json.dumps(head).encode()

    status, answer, _ = running.ask("POST", INFER, text + images.tobytes() + tail, {LENGTH: str(len(text))})

    assert status == 400
    assert "binary_data_size is" in answer["error"]


def test_bytes_without_an_input_for_them_are_refused(running: Running, images: np.ndarray) -> None:
    """They would be dropped silently."""
    text = json.dumps(request(images)).encode()

    status, answer, _ = running.ask("POST", INFER, text + b"xyz", {LENGTH: str(len(text))})

    assert (status, answer["error"][:7]) == (400, "3 bytes")


def test_metadata_and_configuration(running: Running) -> None:
    """Metadata describes server and model; the batch axis is in the shape, not in the configuration's dims."""
    server = running.ask("GET", "/v2")[1]
    model = running.ask("GET", "/v2/models/net")[1]
    config = running.ask("GET", "/v2/models/net/config")[1]

    assert {"binary_tensor_data", "classification", "statistics"} <= set(server["extensions"])
    assert model["inputs"] == [{"name": "image", "datatype": "UINT8", "shape": [-1, 1, 4, 4]}]
    assert [output["name"] for output in model["outputs"]] == ["logits", "probabilities"]
    assert (model["versions"], model["platform"]) == (["1"], "onnxruntime_onnx")
    assert (config["max_batch_size"], config["input"][0]["dims"]) == (8, [1, 4, 4])


def test_health(running: Running) -> None:
    """A server that serves its model calls itself live and ready, and the model ready."""
    assert running.ask("GET", "/v2/health/live")[:2] == (200, {"live": True})
    assert running.ask("GET", "/v2/health/ready")[:2] == (200, {"ready": True})
    assert running.ask("GET", "/v2/models/net/ready")[:2] == (200, {"name": "net", "ready": True})


def test_statistics_count_requests_and_images(running: Running, images: np.ndarray) -> None:
    """And batches by their size."""
    for _ in range(3):
        running.infer(request(images))
    (row,) = running.ask("GET", "/v2/models/net/stats")[1]["model_stats"]

    assert (row["inference_count"], row["execution_count"]) == (15, 3)
    assert row["inference_stats"]["success"]["count"] == 3
    assert row["inference_stats"]["compute_infer"]["ns"] > 0
    assert [(batches["batch_size"], batches["compute_infer"]["count"]) for batches in row["batch_stats"]] == [(5, 3)]
    assert running.ask("GET", "/v2/models/stats")[1]["model_stats"] == [row]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/models/nothing", 404),
        ("GET", "/v2/models/..%2f..", 404),
        ("GET", "/v2/models/net/nothing", 404),
        ("GET", "/v2/models/net/versions/01x", 404),
        ("GET", "/nothing", 404),
        ("GET", INFER, 405),
        ("POST", "/v2/models/net", 405),
        ("DELETE", "/v2", 405),
    ],
)
def test_what_is_not_there_is_said(method: str, path: str, status: int, running: Running) -> None:
    """404 and 405 with a sentence; 405 says what is answered."""
    code, answer, headers = running.ask(method, path)

    assert code == status
    assert answer["error"]
    assert status != 405 or headers["allow"] in ("GET", "POST")
