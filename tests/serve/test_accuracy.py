"""The whole test split through HTTP gives the accuracy in the model's card: as JSON, as bytes, and as pictures."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.harness.data import mnist_5k
from tests.serve.conftest import Running, Start

MODEL = "lenet5_mnist-5k"
BATCH = 64
PART = b'--x\r\ncontent-disposition: form-data; name="f"; filename="a"\r\n\r\n%s\r\n'

Ask = Callable[[Running, np.ndarray], list[int]]


@pytest.fixture
def trained(exported_once: Path, tmp_path: Path, start: Start) -> Running:
    """Return a server with a LeNet-5 that was really trained."""
    shutil.copytree(exported_once, tmp_path / "repository")
    return start()


def as_json(running: Running, images: np.ndarray) -> list[int]:
    """Ask with pixels as numbers."""
    tensor = {"name": "image", "shape": list(images.shape), "datatype": "UINT8", "data": images.ravel().tolist()}
    status, answer = running.infer({"inputs": [tensor], "outputs": [{"name": "logits"}]}, MODEL)
    assert status == 200
    return list(np.array(answer["outputs"][0]["data"]).reshape(len(images), -1).argmax(axis=1))


def as_bytes(running: Running, images: np.ndarray) -> list[int]:
    """Ask with pixels as they are in memory."""
    parameters = {"binary_data_size": images.nbytes}
    tensor = {"name": "image", "shape": list(images.shape), "datatype": "UINT8", "parameters": parameters}
    head = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
    length = {"Inference-Header-Content-Length": str(len(head))}
    status, content, headers = running.ask("POST", f"/v2/models/{MODEL}/infer", head + images.tobytes(), length)
    assert status == 200
    start = int(headers["inference-header-content-length"])
    logits = np.frombuffer(content[start : start + 40 * len(images)], np.float32)
    return list(logits.reshape(len(images), 10).argmax(axis=1))


def as_pictures(running: Running, images: np.ndarray) -> list[int]:
    """Ask with a form of PNG files."""
    parts = []
    for image in images:
        file = io.BytesIO()
        Image.fromarray(image[0]).save(file, "PNG")
        parts.append(
            b'--x\r\ncontent-disposition: form-data; name="f"; filename="a"\r\n\r\n' + file.getvalue() + b"\r\n"
        )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    status, answer, _ = running.ask("POST", f"/v2/models/{MODEL}/classify", b"".join(parts) + b"--x--\r\n", headers)
    assert status == 200
    assert not any(each["inverted"] for each in answer["predictions"])
    return [int(each["labels"][0]["label"]) for each in answer["predictions"]]


@pytest.mark.parametrize("ask", [as_json, as_bytes, as_pictures])
def test_the_accuracy_is_that_of_the_card(ask: Ask, trained: Running, exported_once: Path) -> None:
    """To the image."""
    pixels, labels = mnist_5k.load()
    *_, test = mnist_5k.split()
    card = json.loads((exported_once / MODEL / "1" / "card.json").read_text("utf-8"))
    images = pixels[test]

    said = [answer for start in range(0, len(images), BATCH) for answer in ask(trained, images[start : start + BATCH])]

    assert len(said) == card["test_images"]
    assert (np.array(said) == labels[test]).mean() == card["test_accuracy"]
