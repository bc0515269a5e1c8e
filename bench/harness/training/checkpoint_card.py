"""The card beside a checkpoint's weights, held against the types of the fields that commands read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from bench.harness.data.preprocess import Preprocess
from bench.harness.validation import ContentError, wrong_value
from images.fit import Fit
from images.ground import Ground
from models import checkpoint


class PictureCard(TypedDict):
    """The fields by which a picture is made into the net's input, and an answer into a name.

    Attributes:
        classes: names, in the order of the logits.
        mean: one per channel, taken from the pixels.
        std: one per channel, dividing the pixels.
        resize: side of the square that images are scaled to; null where they are not.
        image_size: side of the data set's images, in pixels.
        channels: 1 for grey, 3 for colour.
        ground: colour under transparent pixels, white or black; older cards do not say.
        fit: stretch, crop or pad: the way to its size for a picture of another shape; older cards mean stretch.
    """

    classes: list[str]
    mean: list[float]
    std: list[float]
    resize: int | None
    image_size: int
    channels: int
    ground: NotRequired[Ground]
    fit: NotRequired[Fit]


class CheckpointCard(PictureCard):
    """The fields by which a checkpoint, its record and its data are known to belong together.

    Attributes:
        dataset: name of the data set.
        data_sha256: hash of the data set's images and labels.
        sha256: hash of the weights' file.
    """

    dataset: str
    data_sha256: str
    sha256: str


def read_card(path: Path, kind: type[PictureCard]) -> Any:  # noqa: ANN401 - a card of that kind
    """Return the card of a checkpoint, given the path of its weights (.safetensors).

    Args:
        path: the weights.
        kind: the fields that are needed.

    Raises:
        CheckpointError: there is no card beside the weights, or it is not a JSON object.
        ContentError: a field is missing or has a value of another kind.
    """
    card = checkpoint.read_card(path)
    problem = wrong_value(card, kind)
    if problem is not None:
        raise ContentError(f"card of {path}: {problem}: train the arm again")
    return card


def preprocess_of(card: Mapping[str, Any]) -> Preprocess:
    """Return what is done to test images before the net of a card sees them."""
    return Preprocess(tuple(card["mean"]), tuple(card["std"]), card["resize"])
