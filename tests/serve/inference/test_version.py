"""Tests of `version`: an answer depends on its image alone, and a version that is not right is not loaded."""

import json
import time
from pathlib import Path
from random import Random

import numpy as np
import onnx
import pytest

from bench.server.stress.broken_versions import sum_up
from serve.inference import version as module
from serve.inference.model_config import model_config
from serve.inference.version import Version, choose_sizes, load_version
from tests.serve.conftest import LABELS_OF, PutModel, expected


@pytest.fixture
def loaded(put_model: PutModel) -> Version:
    """Return a version that onnxruntime runs."""
    folder = put_model().parent
    return load_version(folder, 1, model_config((folder / "config.pbtxt").read_text("utf-8"), "net"), threads=1)


def test_an_answer_does_not_depend_on_who_shares_the_batch(loaded: Version, images: np.ndarray) -> None:
    """To the bit: alone, with others, at any place."""
    alone = [loaded.run(images[place : place + 1]) for place in range(5)]
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0]):
        together = loaded.run(images[order])
        for place, which in enumerate(order):
            assert together.logits[place].tobytes() == alone[which].logits[0].tobytes()
            assert together.probabilities[place].tobytes() == alone[which].probabilities[0].tobytes()


def test_runs_are_padded_to_fixed_sizes(loaded: Version, images: np.ndarray) -> None:
    """And padding is not answered."""
    assert set(loaded.sizes) <= {1, 2, 3, 4, 6, 8}
    assert loaded.largest == 8
    assert loaded.run(images).logits.shape == (5, 3)
    np.testing.assert_allclose(loaded.run(images).logits, expected(images), rtol=1e-5)


class Moody:
    """A session whose answers at batch 1 are a bit off."""

    def run(self, _: object, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Return the same for the same image, but for a batch of one."""
        images = inputs["image"]
        first = images.reshape(len(images), -1)[:, :1].astype(np.float32) + (1e-6 if len(images) == 1 else 0)
        return [first, first]


def test_a_size_that_answers_otherwise_is_not_used() -> None:
    """A lone request is padded then."""
    images = np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1)

    sizes, seconds = choose_sizes(Moody(), images, 8)

    assert 1 not in sizes
    assert sizes[-1] == 8
    assert set(seconds) == set(sizes)


class Crowded:
    """A session whose first answer of a batch is a bit off, more in each run, where it has too many images."""

    def __init__(self, most: int) -> None:
        self.most, self.runs = most, 0

    def run(self, _: object, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Return the same for the same image, but for the first one of a large batch."""
        images = inputs["image"]
        first = images.reshape(len(images), -1)[:, :1].astype(np.float32)
        self.runs += 1
        first[0] += 1e-6 * self.runs * (len(images) > self.most)
        return [first, first]


@pytest.mark.parametrize(("most", "largest"), [(6, 6), (4, 4), (1, 1), (0, 1)])
def test_a_size_whose_answers_depend_on_the_place_is_not_used(most: int, largest: int) -> None:
    """Also where the largest batches are of that kind, or all of them."""
    images = np.arange(1, 5, dtype=np.uint8).reshape(4, 1, 1, 1)

    sizes, seconds = choose_sizes(Crowded(most), images, 8)

    assert max(sizes) <= largest
    assert tuple(seconds) == sizes


def test_golden_answers_are_asked_for_on_this_machine(put_model: PutModel) -> None:
    """A version that does not give them is not served."""
    folder = put_model(golden_of=7).parent

    with pytest.raises(ValueError, match=r"its golden logits differ by .* on this machine"):
        load_version(folder, 1, model_config((folder / "config.pbtxt").read_text("utf-8"), "net"), threads=1)


def test_a_tampered_version_is_not_loaded(put_model: PutModel) -> None:
    """Its file is named."""
    folder: Path = put_model()
    content = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(content[:-1] + b"x")

    with pytest.raises(ValueError, match=r"model\.onnx was changed"):
        load_version(
            folder.parent, 1, model_config((folder.parent / "config.pbtxt").read_text("utf-8"), "net"), threads=1
        )


class Timed:
    """A session that takes a time for each batch size."""

    def __init__(self, seconds: dict[int, float]) -> None:
        self.seconds = seconds

    def run(self, _: object, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Return nothing of interest, in its time."""
        images = inputs["image"]
        time.sleep(self.seconds[len(images)])
        return [np.zeros((len(images), 1), np.float32)] * 2


def test_batches_are_not_larger_than_they_need_to_be() -> None:
    """Where every image takes as long whatever its batch, a larger one would only keep its requests waiting."""
    slow = Timed({size: 0.001 + 0.03 * size for size in (1, 2, 3, 4, 6, 8)})

    sizes, _ = choose_sizes(slow, np.zeros((4, 1, 1, 1), np.uint8), 8)

    assert sizes == (1,)


@pytest.mark.parametrize("start", range(10))
def test_ten_starts_choose_the_same_batch_sizes_or_their_neighbours(
    monkeypatch: pytest.MonkeyPatch, start: int
) -> None:
    """Whatever single timings say, of which each is off by up to 4 %: the best single rate is that of any size."""
    random = Random(start)  # noqa: S311 - noise, no secret
    monkeypatch.setattr(
        module, "_seconds", lambda _session, _images, size: (0.004 + 0.08 * size) * random.uniform(0.96, 1.04)
    )
    crowded = Crowded(64)

    sizes, _ = choose_sizes(crowded, np.zeros((4, 1, 1, 1), np.uint8), 64)

    assert sizes in ((1,), (1, 2))  # the share of 0.95 of the most is just between them


def test_a_card_without_tolerances_is_refused(put_model: PutModel) -> None:
    """In words."""
    folder = put_model()
    (folder / "card.json").write_text('{"name": "net"}', "utf-8")
    sum_up(folder)

    with pytest.raises(ValueError, match="its card has no tolerances"):
        load_version(
            folder.parent, 1, model_config((folder.parent / "config.pbtxt").read_text("utf-8"), "net"), threads=1
        )


def load(folder: Path) -> Version:
    """Load version 1 of a model."""
    return load_version(folder, 1, model_config((folder / "config.pbtxt").read_text("utf-8"), "net"), threads=1)


@pytest.mark.parametrize("where", ["labels.txt", "card.json", "both"])
def test_labels_that_were_swapped_are_refused_with_right_sums(where: str, put_model: PutModel) -> None:
    """Every answer would have another name: labels.txt, card and graph must say the same."""
    classes = list(LABELS_OF)
    folder = put_model(card={"classes": classes})
    graph = onnx.load(folder / "model.onnx")
    graph.metadata_props.add(key="labels", value=json.dumps(classes))
    onnx.save(graph, folder / "model.onnx")
    sum_up(folder)
    load(folder.parent)
    swapped = [classes[1], classes[0], *classes[2:]]
    if where != "card.json":
        (folder.parent / "labels.txt").write_text("".join(f"{label}\n" for label in swapped), "utf-8")
    if where != "labels.txt":
        card = json.loads((folder / "card.json").read_text("utf-8"))
        (folder / "card.json").write_text(json.dumps({**card, "classes": swapped}), "utf-8")
    sum_up(folder)

    with pytest.raises(ValueError, match="its graph says labels" if where == "both" else "does not list the card's"):
        load(folder.parent)


def test_a_card_cannot_allow_everything(put_model: PutModel) -> None:
    """Its tolerances have a limit, whatever it says."""
    folder = put_model(golden_of=7, card={"tolerance": 1e9, "probability_tolerance": 1e9})

    with pytest.raises(ValueError, match="its golden logits differ"):
        load(folder.parent)
