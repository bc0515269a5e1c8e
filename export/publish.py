"""Puts one file into the repository: staged, checked as a file, completed with card and golden answers, moved in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from bench.harness.files import write_json
from export.gate.parity import Reference
from export.graph.to_onnx import set_metadata
from export.repository.agreement import metadata
from export.repository.config import config_text, labels_text
from export.repository.golden import Answers
from export.repository.layout import (
    CARD,
    CONFIG,
    GOLDEN,
    INPUT,
    LABELS,
    MODEL,
    OUTPUTS,
    RepositoryError,
    check_labels,
    check_sums,
    publish,
    sha256,
    staged,
    versions,
)
from export.repository.triton import config_problems
from export.result import Status

GOLDEN_IMAGES = 16

# From the staged file to what is wrong with it and what its card should say of the checks.
Check = Callable[[Path], tuple[list[str], Mapping[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A file that may be published.

    Attributes:
        name: name of the model.
        graph: without its metadata, which come from the card.
        card: the facts that are known before the checks.
        reference: the test split.
        golden: answers on it that the file must give again.
        device: the graph is for, cpu or cuda.
    """

    name: str
    graph: onnx.ModelProto
    card: Mapping[str, Any]
    reference: Reference
    golden: Answers
    device: str = "cpu"


@dataclass(frozen=True, kw_only=True)
class Published:
    """The end of a draft; `version` is None where it was refused, and `problems` then say why."""

    status: Status
    version: int | None = None
    problems: tuple[str, ...] = ()


def put(repository: Path, draft: Draft, check: Check, version: int | None = None) -> Published:
    """Publish a draft that passes the checks, unless the newest version holds this very file already.

    Args:
        repository: folder of all models.
        draft: the file.
        check: the check of the file as it lies on disk.
        version: number to publish under; None for the next.

    Raises:
        RepositoryError: the version exists, or the model has other labels.
        OSError: the disk is full; nothing is left of the draft.
    """
    set_metadata(draft.graph, metadata(draft.card))
    with staged(repository, draft.name) as folder:
        (folder / MODEL).write_bytes(draft.graph.SerializeToString(deterministic=True))
        problems, judged = check(folder / MODEL)
        if problems:
            return Published(status="refused", problems=tuple(problems))
        newest = max(versions(repository / draft.name), default=None)
        shape, classes = tuple(draft.card["shape"]), list(draft.card["classes"])
        shared = {
            CONFIG: config_text(draft.name, shape, len(classes), device=draft.device),
            LABELS: labels_text(classes),
        }
        if newest is not None and version is None and _same(repository / draft.name / str(newest), folder, shared):
            return Published(status="unchanged", version=newest)
        _write_golden(folder / GOLDEN, draft)
        write_json(folder / CARD, {"name": draft.name, **draft.card, **judged})
        config = repository / draft.name / CONFIG  # the operator's, where there is one
        text = config.read_text("utf-8") if config.exists() else shared[CONFIG]
        problems = config_problems(text, draft.name, draft.card)
        if problems:
            return Published(status="refused", problems=tuple(problems))
        target = publish(repository, draft.name, folder, shared=shared, version=version)
        return Published(status="published", version=int(target.name))


def _same(version: Path, folder: Path, shared: Mapping[str, str]) -> bool:
    """Return whether a version is whole and holds the very file that was just staged."""
    try:
        check_sums(version)
        check_labels(version.parent, shared[LABELS])
    except RepositoryError:
        return False
    return sha256(version / MODEL) == sha256(folder / MODEL)


def _write_golden(path: Path, draft: Draft) -> None:
    """Write test images, evenly spread over the split, with the answers that they must get."""
    places = np.linspace(0, len(draft.reference.labels) - 1, GOLDEN_IMAGES).round().astype(int)
    answers = dict(zip(OUTPUTS, (column[places] for column in draft.golden), strict=True))
    np.savez(path, **{INPUT: draft.reference.images[places]}, **answers, label=draft.reference.labels[places])
