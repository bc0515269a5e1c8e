"""Tests of bench.performance.gpu: the whole command on the CPU, with small sizes and only what a GPU machine has."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from bench.__main__ import main
from bench.harness.paths import PROJECT
from bench.performance.gpu.sections import SECTIONS, VARIANTS
from bench.performance.gpu.table import sentence, table

NOT_INSTALLED = (
    *("mlxtend", "msgspec", "onnx", "onnxruntime", "onnxscript", "openvino", "orjson", "grpc", "lightning", "uvicorn"),
    *("sklearn", "multipart", "prometheus_client", "torchmetrics", "ray"),
)
WITHOUT = f"""
import sys
for name in {NOT_INSTALLED!r}:
    sys.modules[name] = None
from bench.__main__ import main
raise SystemExit(main(sys.argv[1:]))
"""
SMALL = ["--device", "cpu", "--threads", "1", "--entries", "lenet5", "--seconds", "0.01", "--minutes", "0.5"]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the JSON of a run on the CPU, in a process that lacks the libraries which a GPU machine lacks."""
    folder = tmp_path_factory.mktemp("gpu")
    path, bare = folder / "gpu.json", {**os.environ, "XDG_CACHE_HOME": str(folder)}  # where digits would be kept
    bare.pop("CONVBENCH_DATA", None)
    command = [sys.executable, "-c", WITHOUT, "gpu", *SMALL, "--json", str(path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, env=bare)  # noqa: S603 - our own
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return read


def test_every_section_is_there_and_none_failed(content: dict[str, Any]) -> None:
    """Those that need data which is not there say so."""
    sections = content["sections"]

    assert list(sections) == list(SECTIONS)
    assert [values["error"] for values in sections.values() if "error" in values] == []
    assert "mlxtend" in sections["study"]["not_run"]
    assert "--data-root" in sections["seconds to 90 %"]["not_run"]


def test_speeds_are_measured_in_turns(content: dict[str, Any]) -> None:
    """Eager beside what the device has; what it has not is named."""
    speed = content["sections"]["speed"]
    rows = {row["variant"]: row for row in speed["rows"]}

    assert len(rows["eager"]["images_per_second"]) >= 9
    assert rows["eager"]["ratio"] == [1, 1, 1]
    assert set(rows) | {name.partition(", ")[2] for name in speed["not_run"]} == set(VARIANTS)
    assert "the CPU has no tf32" in speed["not_run"]["lenet5, tf32"]


def test_seeds_memory_and_determinism_have_values(content: dict[str, Any]) -> None:
    """For the one net."""
    sections = content["sections"]

    assert sections["determinism"]["same_bits"] == {"lenet5": True}
    assert sections["memory"]["peak_memory_mb"]["lenet5"] >= 0
    assert sections["batched seeds"]["rows"][0]["ratio"][0] > 0


def test_the_table_has_a_row_a_net_and_a_line_a_section(content: dict[str, Any]) -> None:
    """With the ratio to eager."""
    text = table(content["sections"], list(VARIANTS))

    assert text.splitlines()[2].startswith("| lenet5")
    assert text.count("\n- ") == len(SECTIONS)


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("speed", {"error": "RuntimeError: no"}, "failed: RuntimeError: no"),
        ("study", {"status": 0, "seconds": 12.3}, "ended with status 0 after 12 s"),
        (
            "determinism",
            {"steps": 3, "same_bits": {"a": True, "b": False}},
            "twice 3 steps: a the same bits, b OTHER BITS",
        ),
        (
            "seconds to 90 %",
            {"entry": "resnet18", "precision": "bf16", "seconds": None, "target": 0.9},
            "resnet18, bf16: 90% of the validation images were not reached in time",
        ),
        (
            "seconds to 90 %",
            {"entry": "resnet18", "precision": "bf16", "seconds": 41.26, "target": 0.9, "test_accuracy": 0.9},
            "resnet18, bf16: 41.3 s of training; test accuracy 90.00%",
        ),
    ],
)
def test_a_section_is_a_sentence(name: str, values: dict[str, Any], words: str) -> None:
    """Also one that failed."""
    assert sentence(name, values) == words


@pytest.mark.parametrize("option", ["--minutes", "--seconds"])
def test_no_time_is_refused(option: str) -> None:
    """Naming the option."""
    assert main(["gpu", "--device", "cpu", option, "0"]) == 2
