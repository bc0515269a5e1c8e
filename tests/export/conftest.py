"""Fixtures of the export tests: results of three small nets that were really trained, and their exported graphs."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnx
import pytest
import torch
from torch import nn

from bench import train
from bench.record import Record, load
from export import __main__ as command
from export.exporting import Exporter
from export.graph import Served, served, to_onnx
from export.lrn import forms_for
from export.material import Material
from export.material import load as load_material
from export.selection import Choice, Wish, select

NETS = {
    "lenet5": ["-o", "activation=relu", "-r", "learning_rate=0.003"],
    "sk": ["-o", "width=0.2"],
    "alexnet32": [
        *("-o", "width=16", "-o", "hidden=64", "-o", "normalisation=lrn", "-o", "dropout=0.0"),
        *("-r", "learning_rate=0.003", "-r", "batch_size=32", "-r", "epochs=2"),
    ],
}

Edit = Callable[[onnx.ModelProto], None]


@dataclass(frozen=True)
class Exported:
    """A trained net and its graph."""

    material: Material
    module: Served
    proto: onnx.ModelProto


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the records and checkpoints of the nets."""
    folder = tmp_path_factory.mktemp("results")
    for name, options in NETS.items():
        train.main([name, "-r", "epochs=1", *options, "--threads", "1", "--results", str(folder)])
    return folder / "train"


@pytest.fixture(scope="session")
def records(results: Path) -> dict[str, Record]:
    """Return the records by architecture."""
    return {record.architecture: record for record in load(results / "records.jsonl")}


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


@pytest.fixture(scope="session")
def exported_once(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with LeNet-5, exported by the command; not to be changed."""
    out = tmp_path_factory.mktemp("exported") / "repository"
    words = ["--results", str(results), "--out", str(out), "--architecture", "lenet5", "--no-variants"]
    with pytest.raises(SystemExit) as ended:
        command.main(words)
    assert ended.value.code == 0
    return out


@pytest.fixture
def repository(exported_once: Path, tmp_path: Path) -> Path:
    """Return a copy of that repository."""
    return Path(shutil.copytree(exported_once, tmp_path / "repository"))


@pytest.fixture
def choice(records: dict[str, Record]) -> Choice:
    """Return the choice of LeNet-5."""
    (found,) = select(records.values(), Wish(architectures=("lenet5",))).choices
    return found


@pytest.fixture
def exporter(results: Path, tmp_path: Path) -> Exporter:
    """Return an exporter, float32 only, into the repository that `repository` copies or into an empty one."""
    return Exporter(results=results, repository=tmp_path / "repository", low_precision=False)


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
