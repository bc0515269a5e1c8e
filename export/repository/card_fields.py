"""The fields of a model's card that commands read, and their types: a card comes from a file that anyone may edit."""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypedDict, get_type_hints

from msgspec import Meta

from bench.harness.validation import wrong_value
from images.fit import Fit
from images.ground import Ground

Size = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, le=1)]


class StandingArm(TypedDict):
    """An arm in its study's table: mean test accuracy over so many seeds, with its 95 % interval."""

    arm: str
    label: str
    accuracy: Share
    interval: Annotated[list[Share], Meta(min_length=2, max_length=2)] | None
    seeds: Size


class Standing(TypedDict):
    """The arms of a study, the best first, and which of them the model is of."""

    study: str
    question: str
    arm: str
    arms: list[StandingArm]


class ModelCard(TypedDict):
    """A card that a version can be verified and timed by; it has more fields, for people. Older ones lack some.

    Attributes:
        name: name of the model.
        format: version of the fields.
        variant: float32, float16 or int8.
        record_id: identity of the trial's record.
        checkpoint_sha256: hash of the weights it was made from.
        dataset: name of the data set.
        classes: names, in the order of the logits.
        shape: channels, height and width of an image as it is sent.
        mean: one per channel, taken from the pixels.
        std: one per channel, dividing the pixels.
        tolerance: largest difference of a logit that is put down to rounding.
        probability_tolerance: the same of a probability.
        test_accuracy: from 0 to 1.
        test_accuracy_interval: its lower and upper end.
        temperature: divisor of the logits before the softmax.
        architecture: registered name of the net.
        resize: side of the square that images are scaled to; null where they are not.
        test_images: number of images in the test split.
        validation_accuracy: from 0 to 1; null without a validation split.
        protocol: quick, published, full or smoke.
        ground: colour under transparent pixels, white or black.
        fit: the way in which a picture of another shape is brought to its size: stretch, crop or pad.
        lrn_form: implementation of LRN in the graph; null for nets without.
        standing: the arms of its study with their accuracies, best first; null for a net outside any.
    """

    name: str
    format: str
    variant: str
    record_id: str
    checkpoint_sha256: str
    dataset: str
    classes: list[str]
    shape: Annotated[list[Size], Meta(min_length=3, max_length=3)]
    mean: list[float]
    std: list[float]
    tolerance: float
    probability_tolerance: float
    test_accuracy: Share
    test_accuracy_interval: Annotated[list[Share], Meta(min_length=2, max_length=2)]
    temperature: float
    architecture: NotRequired[str]
    resize: NotRequired[Size | None]
    test_images: NotRequired[Size]
    validation_accuracy: NotRequired[Share | None]
    protocol: NotRequired[str]
    ground: NotRequired[Ground]
    fit: NotRequired[Fit]
    lrn_form: NotRequired[str | None]
    standing: NotRequired[Standing | None]


NEEDED = tuple(field for field in get_type_hints(ModelCard) if field in ModelCard.__required_keys__)


def card_problem(card: Mapping[str, Any]) -> str | None:
    """Return the words that follow on "its card", None where all needed fields are there and right."""
    missing = [field for field in NEEDED if field not in card]
    if missing:
        return f"lacks {missing}"
    problem = wrong_value(card, ModelCard)
    return None if problem is None else f"has a value of another kind: {problem}"
