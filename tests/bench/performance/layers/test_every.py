"""Tests of bench.performance.layers.every: each distinct layer once, timed by threads and memory format."""

import json
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from bench.__main__ import main
from bench.performance.entries import entries
from bench.performance.layers import every
from bench.performance.layers.every import BATCH, distinct_layers, measure, table


def row(layer: str, gain: float, trained_in: str = "channels_last") -> dict[str, Any]:
    """Return a layer's row whose second thread gains so much in channels_last, and nothing in the other format."""
    cases = [
        {"memory_format": name, "threads": count, "images_per_second": [rate] * 9}
        for name, count, rate in (
            ("contiguous", 1, 1000.0),
            ("contiguous", 2, 1000.0),
            ("channels_last", 1, 1000.0),
            ("channels_last", 2, 1000.0 * gain),
        )
    ]
    shape, nets = [BATCH, 20, 8, 8], ["base"]
    return {"layer": layer, "shape": shape, "nets": nets, "trained_in": trained_in, "cases": cases}


def test_each_layer_is_there_once_with_its_nets() -> None:
    """BASE and its form with BatchNorm share their convolutions."""
    layers = distinct_layers(entries("base,base-bn"))
    convolutions = [layer for layer in layers if isinstance(layer.layer, nn.Conv2d)]
    norms = [layer for layer in layers if isinstance(layer.layer, nn.BatchNorm2d)]

    assert [layer.nets for layer in convolutions] == [("base", "base-bn")] * 2
    assert [layer.nets for layer in norms] == [("base-bn",)] * 2
    assert all(layer.shape[0] == BATCH and layer.trained_in == "channels_last" for layer in layers)


def test_a_layer_is_timed_in_both_formats_on_each_number_of_threads() -> None:
    """One that takes features only has one format."""
    by_kind = {type(layer.layer): layer for layer in distinct_layers(entries("lenet5"))}

    maps, features = measure(by_kind[nn.AvgPool2d], [1], 2), measure(by_kind[nn.Linear], [1], 2)

    assert maps is not None
    assert features is not None
    assert [case["memory_format"] for case in maps["cases"]] == ["contiguous", "channels_last"]
    assert [case["memory_format"] for case in features["cases"]] == ["contiguous"]
    assert all(min(case["images_per_second"]) > 0 for case in maps["cases"])


def test_a_layer_that_takes_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has work for every thread."""
    monkeypatch.setattr(every, "LONGEST", 0.0)

    assert measure(distinct_layers(entries("lenet5"))[0], [1], 2) is None


def test_the_table_begins_with_the_layer_that_loses_most() -> None:
    """By the format that its net is trained in."""
    rows = [row("fine", 1.8), row("sick", 0.5), row("other format", 0.1, "contiguous")]

    lines = table(rows).splitlines()[2:]

    assert [line.split("|")[1].strip() for line in lines] == ["`sick`", "`other format`", "`fine`"]
    assert "0.50 ± 0.00" in lines[0]
    assert len(table(rows, shown=1).splitlines()) == 3


def test_the_command_writes_its_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the conditions."""
    path = tmp_path / "layers.json"

    assert main(["layers", "--entries", "lenet5", "--repeats", "2", "--threads", "1", "--json", str(path)]) == 0

    content = json.loads(path.read_text("utf-8"))
    assert content["environment"]["hardware"]
    assert len(content["rows"]) > 5
    assert "Conv2d" in capsys.readouterr().out
