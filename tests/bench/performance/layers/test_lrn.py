"""Tests of bench.performance.layers.lrn: that both implementations are timed on the same maps."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from bench.__main__ import main
from bench.harness.machine.device import Execution
from bench.performance.layers import lrn
from bench.performance.layers.slices import FORMATS


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few channels, and nothing is compiled: that takes seconds."""
    monkeypatch.setattr(lrn, "SHAPE", (2, 40, 4, 4))
    monkeypatch.setattr(torch, "compile", lambda layer, **_: layer)


@pytest.mark.parametrize("window", lrn.WINDOWS)
def test_both_layers_compute_the_same(window: int) -> None:
    """A ratio of times compares the same function."""
    x = torch.rand(lrn.SHAPE, dtype=torch.float64)
    theirs, ours = (layer.double()(x) for layer in lrn.layers(window).values())

    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=0)


def test_the_command_writes_every_turn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row a window, memory format and mode; the seconds of all turns go to the file with the conditions."""
    path = tmp_path / "lrn.json"
    assert main(["lrn", "--repeats", "3", "--device", "cpu", "--threads", "1", "--json", str(path)]) == 0
    content = json.loads(path.read_text("utf-8"))

    assert len(content["rows"]) == 2 * len(lrn.WINDOWS) * len(FORMATS)
    assert all(len(row["seconds"][name]) >= 3 for row in content["rows"] for name in ("torch", "ours"))
    assert all(min(row["seconds"]["ours"]) > 0 for row in content["rows"])
    assert "| 63       | channels_last   | compiled |" in capsys.readouterr().out


def test_a_ratio_is_that_of_the_turns_own() -> None:
    """With its 95 % interval: a machine that is half as fast in every second turn changes nothing."""
    seconds = {"torch": [2.0, 4.0] * 4, "ours": [1.0, 2.0] * 4}
    row = {"window": 5, "memory_format": "contiguous", "how": "eager", "seconds": seconds}

    assert "| 2.00 ± 0.00" in lrn.table([row])


def test_layers_are_timed_forward_and_backward(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gradient with respect to the maps is asked for at every turn."""
    asked: list[nn.Module] = []
    monkeypatch.setattr(torch.autograd, "grad", lambda *arguments: asked.append(arguments[1]))
    lrn.measure(Execution("cpu", 1), 1)

    assert len(asked) >= 2 * 2 * len(lrn.WINDOWS) * len(FORMATS) * 3  # two warm-ups and a turn
