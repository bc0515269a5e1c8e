"""Records of older schemas, as the present one has them."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bench.harness.records.answers import pack_bits, pack_mistakes

Values = dict[str, Any]
RETIRED = {  # fields of schema 2, in which a trial timed itself; speeds have been measured in turns since
    *("timed", "inference_seconds", "inference_us_per_image_batch_1", "inference_us_per_image_batch_256"),
    *("seconds_to_target", "lrn_images_per_second"),
}


def _from_2(values: Values) -> Values:
    kept = {name: value for name, value in values.items() if name not in RETIRED}
    return {**kept, "alone": values.get("timed")}


def _from_3(values: Values) -> Values:
    """Predictions were written of every image, and nothing was compressed."""
    kept = {name: value for name, value in values.items() if name != "test_predictions"}
    bits = np.frombuffer(base64.b64decode(values["test_correct"]), np.uint8)
    correct = np.unpackbits(bits, count=values["test_images"]).astype(bool)
    predictions = np.frombuffer(base64.b64decode(values["test_predictions"]), np.uint8)
    return {**kept, "test_correct": pack_bits(correct), "test_mistakes": pack_mistakes(predictions, correct)}


_STEPS: Mapping[int, Callable[[Values], Values]] = {2: _from_2, 3: _from_3}


def upgraded(values: Values) -> Values:
    """Return the values of a record under the newest schema that they can be brought to.

    Raises:
        KeyError, ValueError, IndexError, TypeError: it lacks a field, or has one that is damaged.
    """
    for schema, step in _STEPS.items():
        if values.get("schema") == schema:
            values = {**step(values), "schema": schema + 1}
    return values
