"""`POST /v2/models/M/classify`: pictures in, labels with probabilities out."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

import numpy as np

from export.repository.golden import Answers, Pixels
from serve.api.picture import Picture
from serve.errors import RequestError
from serve.inference.version import Version

BODY_BYTES = 16_000_000


def polarity(query: str) -> bool | None:
    """Return the value of `?invert=`, None where it is not given.

    Raises:
        RequestError: 400, neither true nor false.
    """
    parameters = parse_qs(query, keep_blank_values=True)
    for name in parameters:
        if name != "invert":
            raise RequestError(400, f"unknown parameter {name[:60]!r}: known is invert")
    given = parameters.get("invert")
    if given is None:
        return None
    if given not in (["true"], ["false"]):
        raise RequestError(400, f"invert is {given[-1]!r}: it must be true or false")
    return given == ["true"]


def stacked(pictures: Sequence[Picture]) -> Pixels:
    """Return the pictures as one batch."""
    return np.stack([picture.pixels for picture in pictures])


def answer(version: Version, pictures: Sequence[Picture], answers: Answers) -> dict[str, Any]:
    """Return every label with its probability, best first, picture by picture."""
    predictions = []
    for picture, probabilities in zip(pictures, answers.probabilities, strict=True):
        order = np.argsort(-probabilities, kind="stable")
        labels = [{"label": version.labels[place], "probability": float(probabilities[place])} for place in order]
        unlike = not version.look.holds(picture.look)
        predictions.append({"name": picture.name, "inverted": picture.inverted, "unlike": unlike, "labels": labels})
    return {"model_name": version.name, "model_version": str(version.number), "predictions": predictions}
