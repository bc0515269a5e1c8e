"""Variants in lower precision: int8 on the CPU, float16 on a GPU; each is judged on validation images and by the clock.

A variant is worth publishing if it loses at most half a point on the validation images and is faster than float32 on
the same device at every batch size, measured side by side: in every turn, and by 5 % in the median. Its test accuracy
is reported and decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx

from bench.harness.machine import turns
from bench.harness.machine.turns import Gain
from export.gate.runtime import Run, answer, onnxruntime_run
from export.graph import float16 as half
from export.graph import int8 as integers
from export.repository.config import MAX_BATCH
from export.repository.golden import LOGIT_TOLERANCE, PROBABILITY_TOLERANCE, Answers
from export.trial.card import accuracy_facts, calibration_facts
from export.trial.loaded import Material, arrays

LARGEST_LOSS = 0.005 + 1e-9  # of validation accuracy: half a point, whatever rounding makes of the difference
LEAST_GAIN = 1.05  # times as fast, in the median over the turns
CALIBRATION_IMAGES = 512
FLOAT32 = "float32"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A variant, built and judged.

    Attributes:
        kind: int8 or float16.
        scheme: which layers stayed float32.
        device: it was judged on.
        graph: to publish.
        validation_accuracy: 0 to 1.
        accuracy_lost: on the validation images, compared with float32; negative where it was gained.
        answers: on the test images.
        flips: test images answered differently than by float32.
        gains: factors by which it is faster than float32, by batch size.
    """

    kind: str
    scheme: str
    device: str
    graph: onnx.ModelProto
    validation_accuracy: float
    accuracy_lost: float
    answers: Answers
    flips: int
    gains: dict[int, Gain]

    @property
    def refusals(self) -> list[str]:
        """Why it is not worth publishing; nothing if it is."""
        reasons = []
        if self.accuracy_lost > LARGEST_LOSS:
            lost = 100 * self.accuracy_lost
            reasons.append(f"it loses {lost:.2f} points on validation images, more than {100 * LARGEST_LOSS:.1f}")
        for batch, gain in self.gains.items():
            if gain.median < LEAST_GAIN:
                reasons.append(f"{gain.median:.2f}x as fast at batch {batch}, less than {LEAST_GAIN}x")
            elif gain.least <= 1:
                reasons.append(f"slower in a turn at batch {batch} ({gain.least:.2f}x)")
        return reasons

    def facts(self, material: Material) -> dict[str, Any]:
        """Return what its card says in the place of float32's facts, and beyond them."""
        reference = material.reference
        return {
            **accuracy_facts(reference, self.answers.logits),
            **calibration_facts(reference, self.answers.logits, material.temperature),
            "variant": self.kind,
            "scheme": self.scheme,
            "validation_accuracy": self.validation_accuracy,
            "validation_accuracy_lost": self.accuracy_lost,
            "answers_that_differ_from_float32": self.flips,
            "times_as_fast_as_float32": {str(batch): gain.median for batch, gain in self.gains.items()},
            "tolerance": LOGIT_TOLERANCE * max(1.0, float(np.abs(self.answers.logits).max())),
            "probability_tolerance": PROBABILITY_TOLERANCE,
        }


def int8(material: Material, proto: onnx.ModelProto) -> Candidate:
    """Return the int8 form: of the schemes that hold on the validation images the fastest, else the most accurate."""
    train, _ = arrays(material.split.train)
    images = _spread(train, CALIBRATION_IMAGES)
    graphs = {scheme: integers.quantised(proto, images, scheme) for scheme in integers.SCHEMES}
    return _judged(material, proto, "int8", "cpu", graphs)


def float16(material: Material, proto: onnx.ModelProto) -> Candidate | None:
    """Return the float16 form, None where no GPU can judge it."""
    if not half.cuda_available():
        return None
    return _judged(material, proto, "float16", "cuda", {"long sums float32": half.converted(proto)})


def _judged(
    material: Material, proto: onnx.ModelProto, kind: str, device: str, graphs: Mapping[str, onnx.ModelProto]
) -> Candidate:
    """Return the best of several schemes, with all that is known of it."""
    plain = onnxruntime_run(proto.SerializeToString(), device=device)
    runs = {scheme: onnxruntime_run(graph.SerializeToString(), device=device) for scheme, graph in graphs.items()}
    before = _validation_accuracy(material, plain)
    after = {scheme: _validation_accuracy(material, run) for scheme, run in runs.items()}
    holding = {scheme: run for scheme, run in runs.items() if before - after[scheme] <= LARGEST_LOSS}
    times = turns.measure({FLOAT32: plain, **(holding or runs)}, material.reference.images)
    quickest = turns.fastest({name: times[name] for name in holding or runs})
    scheme = quickest if holding else max(after, key=after.__getitem__)
    answers = answer(runs[scheme], material.reference.images, MAX_BATCH)
    flips = int((answers.logits.argmax(axis=1) != material.reference.logits.argmax(axis=1)).sum())
    return Candidate(
        kind=kind,
        scheme=scheme,
        device=device,
        graph=graphs[scheme],
        validation_accuracy=after[scheme],
        accuracy_lost=before - after[scheme],
        answers=answers,
        flips=flips,
        gains=turns.gains(times, scheme, FLOAT32),
    )


def _validation_accuracy(material: Material, run: Run) -> float:
    images, labels = material.validation
    return float((answer(run, images, MAX_BATCH).logits.argmax(axis=1) == labels).mean())


def _spread(images: Any, count: int) -> Any:  # noqa: ANN401 - pixels
    """Return so many images, evenly spread over the split, which may be sorted by class."""
    return images[np.linspace(0, len(images) - 1, min(count, len(images))).round().astype(int)]
