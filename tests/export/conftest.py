"""Fixtures of the export tests: results of three small nets that were really trained, and their exported graphs."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import onnx
import pytest
import torch
from torch import nn
from torch.onnx._internal.exporter import _registration

from bench.harness.records.record import Record
from export.exporter import Exporter
from export.graph.lrn import forms_for
from export.graph.to_onnx import Served, served, to_onnx
from export.trial.loaded import Material
from export.trial.loaded import load as load_material
from export.trial.selection import Choice, Wish, select

Edit = Callable[[onnx.ModelProto], None]


@dataclass(frozen=True)
class Exported:
    """A trained net and its graph."""

    material: Material
    module: Served
    proto: onnx.ModelProto


@pytest.fixture(autouse=True, scope="session")
def translations_read_once() -> Iterator[None]:
    """Torch reads its table of operators anew for every export, which is half the time of a small one: here once.

    Nothing writes to the table but an export with operators of its own, and ours has none.
    """
    table = _registration.ONNXRegistry
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "from_torchlib", staticmethod(cache(table.from_torchlib)))
        yield


@pytest.fixture(scope="session")
def exported(results: Path, records: dict[str, Record]) -> Callable[[str], Exported]:
    """Return a maker of a net's graph, made once."""
    made: dict[str, Exported] = {}

    def make(name: str) -> Exported:
        if name not in made:
            material = load_material(results, records[name], None)
            form = next(iter(forms_for(material.model)), None)  # not the fastest: that differs from run to run
            module = served(material.model, material.preprocess, material.temperature, form)
            made[name] = Exported(material, module, to_onnx(module, material.shape))
        return made[name]

    return make


@pytest.fixture
def repository(exported_once: Path, tmp_path: Path) -> Path:
    """Return a copy of that repository."""
    return Path(shutil.copytree(exported_once, tmp_path / "repository"))


@pytest.fixture
def choice(records: dict[str, Record]) -> Choice:
    """Return the choice of LeNet-5."""
    (choice,) = select(records.values(), Wish(architectures=("lenet5",))).choices
    return choice


@pytest.fixture
def exporter(results: Path, tmp_path: Path) -> Exporter:
    """Return an exporter, float32 only, into the repository that `repository` copies or into an empty one."""
    return Exporter(results=results, repository=tmp_path / "repository", variants=False)


@pytest.fixture
def edited(tmp_path: Path, exported: Callable[[str], Exported]) -> Callable[[str, Edit], Path]:
    """Return a maker of a net's file with a fault: a copy of its graph that a function has changed."""

    def make(name: str, edit: Edit) -> Path:
        proto = onnx.ModelProto()
        proto.CopyFrom(exported(name).proto)
        edit(proto)
        path = tmp_path / "edited.onnx"
        path.write_bytes(proto.SerializeToString())
        return path

    return make


def randomise_statistics(model: nn.Module) -> None:
    """Give BatchNorms statistics and parameters that are not those of a new net: folding must do something."""
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            size = module.num_features
            module.running_mean = torch.randn(size, generator=generator)
            module.running_var = torch.rand(size, generator=generator) + 0.5
            module.weight.data = torch.randn(size, generator=generator)
            module.bias.data = torch.randn(size, generator=generator)
