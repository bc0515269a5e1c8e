"""What `POST /v2/models/M/classify` takes and answers: pictures in, labels with probabilities out."""

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
    """Return what `?invert=` asks for, None where it is not given.

    Raises:
        RequestError: 400, neither true nor false.
    """
    found = parse_qs(query, keep_blank_values=True)
    for name in found:
        if name != "invert":
            raise RequestError(400, f"unknown parameter {name[:60]!r}: known is invert")
    given = found.get("invert")
    if given is None:
        return None
    if given not in (["true"], ["false"]):
        raise RequestError(400, f"invert is {given[-1]!r}: it must be true or false")
    return given == ["true"]


def stacked(found: Sequence[Picture]) -> Pixels:
    """Return the pictures as one batch."""
    return np.stack([each.pixels for each in found])


def answer(version: Version, found: Sequence[Picture], answers: Answers) -> dict[str, Any]:
    """Return every label with its probability, best first, picture by picture."""
    predictions = []
    for each, probabilities in zip(found, answers.probabilities, strict=True):
        order = np.argsort(-probabilities, kind="stable")
        labels = [{"label": version.labels[place], "probability": float(probabilities[place])} for place in order]
        predictions.append({"name": each.name, "inverted": each.inverted, "labels": labels})
    return {"model_name": version.name, "model_version": str(version.number), "predictions": predictions}
