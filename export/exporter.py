"""Exports one trial: graph, gate, repository; then its variants in lower precision."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import onnx

from bench.harness.analysis.results import StudyResult
from bench.harness.errors import UserError, one_line
from bench.harness.machine import turns
from export import low_precision
from export.gate.parity import PROBABILITY_TOLERANCE, Parity, gate
from export.gate.runtime import onnxruntime_run, openvino_run
from export.gate.structure import structure_problems
from export.graph.lrn import forms_for
from export.graph.to_onnx import Served, served, to_onnx
from export.low_precision import Candidate
from export.publish import Check, Draft, Published, put
from export.repository.config import MAX_BATCH
from export.repository.golden import Answers
from export.repository.history import notes, stale
from export.repository.layout import RepositoryError
from export.result import Outcome, Variant
from export.trial.card import facts
from export.trial.loaded import Material, load, weights
from export.trial.selection import Choice
from export.trial.standing import standing
from models.parts.options import ModelError

GATE_BATCHES = (1, 7, MAX_BATCH)

BuildVariant = Callable[[Material, onnx.ModelProto], Candidate | None]


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A net's graph with the module it was made of; LRN in the form that was fastest, and how fast each form was."""

    proto: onnx.ModelProto
    module: Served
    lrn_form: str | None
    lrn_milliseconds: Mapping[str, Mapping[int, float]]


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """Where from, where to and how.

    Attributes:
        results: folder of records.jsonl.
        repository: model repository, made where it does not exist.
        data_root: folder of torchvision's files.
        threads: onnxruntime's threads in the gate.
        variants: also build and judge int8 and float16.
        version: number to publish under; None for the next.
        studies: the results of the run, for the place of an arm in its study.
    """

    results: Path
    repository: Path
    data_root: Path | None = None
    threads: int = 1
    variants: bool = True
    version: int | None = None
    studies: Sequence[StudyResult] = ()

    def export(self, choice: Choice) -> Outcome:
        """Return what became of a trial. One that cannot be exported is refused, with the reason.

        Raises:
            OSError: the repository cannot be written to; nothing half-written is left there.
        """
        start = time.perf_counter()
        try:
            material = load(self.results, choice.record, self.data_root)
            outcome = self._export(choice, material)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - one trial's damage must not cost the others their export
            outcome = Outcome(name=choice.name, status="refused", reason=choice.reason, problems=(_reason(error),))
        return replace(outcome, record_id=choice.record.record_id, seconds=time.perf_counter() - start)

    def _export(self, choice: Choice, material: Material) -> Outcome:
        graph = fastest_graph(material)
        lrn = {"lrn_form": graph.lrn_form, "lrn_milliseconds": graph.lrn_milliseconds}
        place = standing(choice.record, self.studies)
        card = {**facts(material, "float32"), **lrn, "standing": place}
        reference, parity = material.reference, []  # type: tuple[Any, list[Parity]]

        def check(path: Path) -> tuple[list[str], Mapping[str, Any]]:
            problems = structure_problems(path, material.shape, len(material.classes), weights(graph.module))
            if not problems:
                parity.extend(self._gate(path, material))
                problems = [problem for answer_check in parity for problem in answer_check.problems]
            return problems, {
                "parity": [answer_check.as_dict() for answer_check in parity],
                "tolerance": reference.tolerance,
                "probability_tolerance": PROBABILITY_TOLERANCE,
            }

        draft = Draft(
            name=choice.name,
            graph=graph.proto,
            card=card,
            reference=reference,
            golden=Answers(reference.logits, reference.probabilities),
        )
        published = put(self.repository, draft, check, self.version)
        variants = self.variants and published.status != "refused"
        return Outcome(
            name=choice.name,
            version=published.version,
            status=published.status,
            reason=choice.reason,
            problems=published.problems,
            parity=tuple(parity),
            lrn_milliseconds=graph.lrn_milliseconds,
            lrn_form=graph.lrn_form,
            variants=self._variants(material, draft) if variants else (),
            accuracy=(card["test_accuracy"], *card["test_accuracy_interval"]),
            calibration_error=tuple(card["test_calibration_error"].values()),
            notes=tuple(notes(self.repository / choice.name, published.version, card)),
            nodes=len(graph.proto.graph.node),
            size=graph.proto.ByteSize(),
        )

    def _gate(self, path: Path, material: Material) -> list[Parity]:
        runs = [("onnxruntime", onnxruntime_run(path, self.threads)), ("OpenVINO", openvino_run(path))]
        return gate(material.reference, runs, GATE_BATCHES)

    def _variants(self, material: Material, plain: Draft) -> tuple[Variant, ...]:
        return tuple(
            self._judged(kind, build, material, plain)
            for kind, build in (("int8", low_precision.int8), ("float16", low_precision.float16))
        )

    def _judged(self, kind: str, build: BuildVariant, material: Material, plain: Draft) -> Variant:
        """Build, judge and publish a variant; its failure is its own, the float32 model stays published.

        Raises:
            OSError: the repository cannot be written to.
        """
        try:
            candidate = build(material, plain.graph)
            if candidate is None:
                return Variant(kind=kind, status="not run", reason="there is no CUDA device to judge it on")
            return self._variant(material, plain, candidate)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - quantisation fails in as many ways as there are operators
            return Variant(kind=kind, status="refused", reason=_reason(error))

    def _variant(self, material: Material, plain: Draft, candidate: Candidate) -> Variant:
        """Publish a variant that is worth it; say what was lost or gained."""
        draft = Draft(
            name=f"{plain.name}_{candidate.kind}",
            graph=candidate.graph,
            card={**plain.card, **candidate.facts(material)},
            reference=plain.reference,
            golden=candidate.answers,
            device=candidate.device,
        )
        published = Published(status="refused", problems=tuple(candidate.refusals))
        if published.problems:
            published = replace(
                published, problems=(*published.problems, *stale(self.repository / draft.name, draft.card))
            )
        else:
            published = put(self.repository, draft, _structure_check(material), self.version)
        return Variant(
            kind=candidate.kind,
            status=published.status,
            reason="; ".join(published.problems) or "it holds and is faster",
            scheme=candidate.scheme,
            accuracy_lost=candidate.accuracy_lost,
            test_accuracy=draft.card["test_accuracy"],
            flips=candidate.flips,
            times_as_fast={batch: gain.median for batch, gain in candidate.gains.items()},
            size=candidate.graph.ByteSize(),
        )


def fastest_graph(material: Material) -> Graph:
    """Return a net's graph, LRN in the form that onnxruntime runs fastest at batch 1 and 32, side by side."""
    modules = {
        form: served(material.model, material.preprocess, material.temperature, form)
        for form in forms_for(material.model) or (None,)
    }
    protos = {form: to_onnx(module, material.shape) for form, module in modules.items()}
    if None in protos:
        return Graph(proto=protos[None], module=modules[None], lrn_form=None, lrn_milliseconds={})
    runs = {str(form): onnxruntime_run(proto.SerializeToString()) for form, proto in protos.items()}
    times = turns.measure(runs, material.reference.images)
    best = turns.fastest(times)
    return Graph(proto=protos[best], module=modules[best], lrn_form=best, lrn_milliseconds=turns.medians(times))


def _reason(error: Exception) -> str:
    """Return an error of ours as it is, any other with its type: it is a defect, or a file with wrong types inside."""
    ours = isinstance(error, (UserError, ModelError, RepositoryError))
    return one_line(error) if ours else f"{type(error).__name__}: {one_line(error)}"


def _structure_check(material: Material) -> Check:
    return lambda path: (structure_problems(path, material.shape, len(material.classes)), {})
