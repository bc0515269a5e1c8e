"""Exports one trial: graph, gate, repository; then its variants in lower precision."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from bench.errors import UserError
from export import clockwork, variants
from export.card import facts
from export.config import MAX_BATCH
from export.graph import Served, served, to_onnx
from export.lrn import forms_for
from export.material import Material, load, weights
from export.outcome import Outcome, Variant
from export.parity import Parity, gate
from export.publishing import Check, Draft, Published, put
from export.repository import RepositoryError
from export.runtime import Answers, onnxruntime_run, openvino_run
from export.selection import Choice
from export.structure import structure_problems
from export.variants import Candidate
from models.options import ModelError

GATE_BATCHES = (1, 7, MAX_BATCH)


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
        data_root: of torchvision's files.
        threads: of onnxruntime in the gate.
        low_precision: also build and judge int8 and float16.
        version: number to publish under; None for the next.
    """

    results: Path
    repository: Path
    data_root: Path | None = None
    threads: int = 1
    low_precision: bool = True
    version: int | None = None

    def export(self, choice: Choice) -> Outcome:
        """Return what became of a trial. One that cannot be exported is refused, with the reason.

        Raises:
            OSError: the repository cannot be written to; nothing half-written is left there.
        """
        start = time.perf_counter()
        try:
            material = load(self.results, choice.record, self.data_root)
            outcome = self._export(choice, material)
        except (UserError, ModelError, RepositoryError) as error:
            outcome = Outcome(name=choice.name, status="refused", reason=choice.reason, problems=(str(error),))
        return outcome.after(time.perf_counter() - start)

    def _export(self, choice: Choice, material: Material) -> Outcome:
        graph = fastest_graph(material)
        lrn = {"lrn_form": graph.lrn_form, "lrn_milliseconds": graph.lrn_milliseconds}
        card = {**facts(material, "float32"), **lrn}
        reference, parity = material.reference, []  # type: tuple[Any, list[Parity]]

        def check(path: Path) -> tuple[list[str], Mapping[str, Any]]:
            problems = structure_problems(path, material.shape, len(material.classes), weights(graph.module))
            if not problems:
                parity.extend(self._gate(path, material))
                problems = [problem for each in parity for problem in each.problems]
            return problems, {"parity": [each.as_dict() for each in parity], "tolerance": reference.tolerance}

        draft = Draft(
            name=choice.name,
            graph=graph.proto,
            card=card,
            reference=reference,
            golden=Answers(reference.logits, reference.probabilities),
        )
        found = put(self.repository, draft, check, self.version)
        low_precision = self.low_precision and found.status != "refused"
        return Outcome(
            name=choice.name,
            version=found.version,
            status=found.status,
            reason=choice.reason,
            problems=found.problems,
            parity=tuple(parity),
            lrn_milliseconds=graph.lrn_milliseconds,
            lrn_form=graph.lrn_form,
            variants=self._variants(material, draft) if low_precision else (),
            accuracy=card["test_accuracy"],
            nodes=len(graph.proto.graph.node),
            size=graph.proto.ByteSize(),
        )

    def _gate(self, path: Path, material: Material) -> list[Parity]:
        runs = [("onnxruntime", onnxruntime_run(path, self.threads)), ("OpenVINO", openvino_run(path))]
        return gate(material.reference, runs, GATE_BATCHES)

    def _variants(self, material: Material, plain: Draft) -> tuple[Variant, ...]:
        int8 = self._variant(material, plain, variants.int8(material, plain.graph))
        half = variants.float16(material, plain.graph)
        if half is None:
            missing = Variant(kind="float16", status="not run", reason="there is no CUDA device to judge it on")
            return int8, missing
        return int8, self._variant(material, plain, half)

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
        found = Published(status="refused", problems=tuple(candidate.refusals))
        if not found.problems:
            found = put(self.repository, draft, _structure_check(material), self.version)
        return Variant(
            kind=candidate.kind,
            status=found.status,
            reason="; ".join(found.problems) or "it holds and is faster",
            scheme=candidate.scheme,
            validation_loss=candidate.validation_loss,
            test_accuracy=draft.card["test_accuracy"],
            flips=candidate.flips,
            times_as_fast=candidate.gains,
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
    found = clockwork.milliseconds(runs, material.reference.images)
    best = clockwork.fastest(found)
    return Graph(proto=protos[best], module=modules[best], lrn_form=best, lrn_milliseconds=found)


def _structure_check(material: Material) -> Check:
    return lambda path: (structure_problems(path, material.shape, len(material.classes)), {})
