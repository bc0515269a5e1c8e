"""The whole test split through HTTP gives the accuracy in the model's card: as JSON, as bytes, and as pictures."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import __main__ as bench
from bench.harness.data import mnist_5k
from export import __main__ as export
from tests.images.corpus import ORIENTATION
from tests.serve.conftest import Running, Start
from tests.serve.drawing import form

MODEL = "lenet5_mnist-5k"
BATCH = 64
PART = b'--x\r\ncontent-disposition: form-data; name="f"; filename="a"\r\n\r\n%s\r\n'
TRAIN_IMAGES = 128  # of a class of the folder; a sixth of them validates
STORED = {  # what a camera that was held so makes of what is seen
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}

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
    assert not any(prediction["inverted"] for prediction in answer["predictions"])
    return [int(prediction["labels"][0]["label"]) for prediction in answer["predictions"]]


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


def turned_folder(root: Path, kind: str, channels: int) -> Path:
    """Write a data set of files that are stored turned: a dark bar on light paper, at the top or at the left, as seen.

    The files have several sizes; all eight orientations of EXIF are among the test files of each class.
    """
    chance = np.random.default_rng(0)
    for part, files in (("train", TRAIN_IMAGES), ("test", 24)):
        for label in ("left", "top"):
            (root / part / label).mkdir(parents=True)
            for number in range(files):
                upright = chance.integers(200, 256, (20 + number % 3, 24, 3), dtype=np.uint8)
                bar = (slice(None), slice(2, 7)) if label == "left" else slice(2, 7)
                upright[bar] //= 5
                exif = Image.Exif()
                exif[ORIENTATION] = 1 + number % 8
                stored = Image.fromarray(upright).convert("L" if channels == 1 else "RGB")
                turn = STORED[1 + number % 8]
                stored = stored if turn is None else stored.transpose(turn)
                stored.save(root / part / label / f"{number}.{kind}", exif=exif)
    return root


@pytest.mark.parametrize(("kind", "channels"), [("jpg", 3), ("png", 1)], ids=["colour", "grey"])
def test_files_of_turned_cameras_are_answered_as_in_the_card(
    kind: str, channels: int, tmp_path: Path, start: Start
) -> None:
    """A model that is trained on a folder of them answers its test files through the server: each one right."""
    root = turned_folder(tmp_path / "bars", kind, channels)
    words = ["lenet5", "--dataset", f"folder:{root}", "-o", "activation=relu", "--threads", "1"]
    recipe = ["-r", "epochs=3", "-r", "batch_size=16"]
    results, repository = tmp_path / "results", tmp_path / "repository"
    assert bench.main(["train", *words, *recipe, "--results", str(results)]) == 0
    assert export.main(["--results", str(results / "train"), "--out", str(repository), "--no-variants"]) == 0
    (model,) = [path for path in repository.iterdir() if path.is_dir()]
    card = json.loads((model / "1" / "card.json").read_text("utf-8"))
    running = start()

    right = 0
    for label in ("left", "top"):
        files = sorted((root / "test" / label).iterdir())
        content_type, body = form(*[(path.name, path.read_bytes()) for path in files])
        address = f"/v2/models/{model.name}/classify"
        status, answer, _ = running.ask("POST", address, body, {"Content-Type": content_type})
        assert status == 200
        right += sum(prediction["labels"][0]["label"] == label for prediction in answer["predictions"])

    assert card["test_images"] == 48
    assert right / 48 == card["test_accuracy"] == 1
