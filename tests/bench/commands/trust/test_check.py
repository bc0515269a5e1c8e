"""Tests of bench.commands.trust.check: a quick run's nets on other test images; no data set is needed."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench.__main__ import main
from bench.commands.trust import check
from bench.harness.data.catalogue import SOURCES
from bench.harness.data.dataset import Dataset, Images
from bench.harness.errors import UserError
from models import checkpoint, registry
from tests.bench.conftest import MakeRecord

OPTIONS = {"channels": 1, "classes": 2, "image_size": 2, "hidden": ()}
CARD = {"classes": ["dark", "light"], "mean": [0.5], "std": [0.5], "resize": None, "image_size": 2, "channels": 1}


def net(path: Path, sign: float) -> None:
    """Save a net that tells light from dark, or with the other sign always errs."""
    model = registry.create("mlp", **OPTIONS)
    linear = model[-1]  # type: ignore[index]  # an nn.Sequential
    linear.bias.data = torch.zeros(2)
    linear.weight.data = sign * torch.tensor([[-1.0], [1.0]]).repeat_interleave(4, dim=1)
    checkpoint.save(path, model, architecture="mlp", options=OPTIONS, card=CARD)


@pytest.fixture
def folder(tmp_path: Path, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a run of two arms and two seeds whose nets are right, but for `other`'s second, and ten other images."""
    pixels = torch.tensor([0, 255] * 5, dtype=torch.uint8).reshape(10, 1, 1, 1).expand(10, 1, 2, 2)
    images = Images(pixels.contiguous(), torch.tensor([0, 1] * 5))
    monkeypatch.setattr(check, "load_data", lambda *_: Dataset(SOURCES["mnist"], images, images, "0" * 64))
    records = []
    for arm in ("base", "other"):
        for seed in range(2):
            name = f"{arm}-{seed}.safetensors"
            net(tmp_path / name, -1.0 if (arm, seed) == ("other", 1) else 1.0)
            records.append(replace(make_record(arm, seed, accuracy=0.9), checkpoint=name))
    (tmp_path / "records.jsonl").write_text("".join(f"{record.to_json()}\n" for record in records), "utf-8")
    return tmp_path


def test_nets_are_tried_on_other_images(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table's accuracy stands beside that on the other images, for each arm and each difference."""
    assert main(["check", "--results", str(folder)]) == 0

    document = json.loads((folder / check.CHECK).read_text("utf-8"))
    arms = {row["arm"]: row for row in document["arms"]}
    assert (arms["base"]["mnist-5k"]["mean"], arms["base"]["mnist"]["mean"]) == (0.9, 1.0)
    assert arms["other"]["mnist"]["mean"] == 0.5
    assert document["comparisons"][0]["mnist"]["effect"] == -0.5
    assert document["test_images"] == 10
    assert "on MNIST's test set" in capsys.readouterr().out


def test_a_net_that_is_gone_is_named(folder: Path) -> None:
    """Nothing is averaged over the nets that are left."""
    (folder / "other-0.safetensors").unlink()

    with pytest.raises(UserError, match=r"other-0\.safetensors is gone, the net of norm/other/seed 0: run it again"):
        check.run(check_arguments(folder))


def test_a_run_on_other_data_is_refused(tmp_path: Path, folder: Path, make_record: MakeRecord) -> None:
    """MNIST's test set says nothing about CIFAR's nets."""
    record = make_record("base", 0, dataset="cifar10")
    (folder / "records.jsonl").write_text(f"{record.to_json()}\n", "utf-8")

    with pytest.raises(UserError, match="has no trial on mnist-5k"):
        check.run(check_arguments(tmp_path))


def check_arguments(folder: Path) -> argparse.Namespace:
    """Return the command's arguments."""
    parser = argparse.ArgumentParser()
    check.add_options(parser)
    return parser.parse_args(["--results", str(folder)])
