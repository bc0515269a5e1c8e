"""Tests of bench.harness.machine.precision: which number formats a device has, and how a step uses them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from bench.harness.machine import environment
from bench.harness.machine.device import Execution, apply
from bench.harness.machine.precision import PrecisionError, check_precision, products, why_emulated


def tf32_allowed() -> set[bool]:
    """Return what torch's two switches say."""
    return {torch.get_float32_matmul_precision() == "high", torch.backends.cudnn.allow_tf32}


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    """Give torch its settings back."""
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    yield
    torch.set_float32_matmul_precision(before[0])
    torch.backends.cudnn.allow_tf32 = before[1]


def with_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """Let the processor be one whose description has this line."""
    described = tmp_path / "cpuinfo"
    described.write_text(f"processor\t: 0\n{line}\n", "utf-8")
    monkeypatch.setattr(environment, "CPU", described)


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
def test_float32_is_everywhere(device: str) -> None:
    """Without a look at the device."""
    check_precision("float32", device)


@pytest.mark.parametrize(
    "line", ["flags\t\t: fpu amx_bf16 amx_tile", "flags\t\t: avx512_bf16", "Features\t: asimd bf16 sve"]
)
def test_a_processor_with_units_for_bfloat16_has_it(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Intel's, AMD's and Arm's."""
    with_flags(tmp_path, monkeypatch, line)

    check_precision("bf16", "cpu")


def test_a_processor_without_them_is_refused_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And with what to do."""
    with_flags(tmp_path, monkeypatch, "flags\t\t: fpu avx2 avx512f avx512bw")

    with pytest.raises(PrecisionError, match=r"precision 'bf16' is not to be had here.*only emulate it; use float32"):
        check_precision("bf16", "cpu")


def test_a_system_that_does_not_describe_its_processor_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A guess could be wrong by a factor of ten in time."""
    monkeypatch.setattr(environment, "CPU", tmp_path / "none")

    assert "is not described by this system" in why_emulated("bf16", "cpu")


@pytest.mark.parametrize(("capability", "has"), [((7, 5), False), ((8, 0), True), ((9, 0), True)])
@pytest.mark.parametrize("precision", ["bf16", "tf32"])
def test_gpus_from_ampere_on_have_both(
    precision: str, capability: tuple[int, int], *, has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their compute capability."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)

    assert (why_emulated(precision, "cuda") == "") is has


@pytest.mark.parametrize(("precision", "device"), [("tf32", "cpu"), ("tf32", "mps"), ("bf16", "mps")])
def test_what_a_device_has_not_is_named(precision: str, device: str) -> None:
    """With the device."""
    with pytest.raises(PrecisionError, match=f"{device.upper() if device == 'cpu' else device} has no {precision}"):
        check_precision(precision, device)


def test_a_mistyped_name_is_answered_with_the_right_one() -> None:
    """And with all of them."""
    with pytest.raises(PrecisionError, match=r"unknown precision 'bf61'.*'bf16'"):
        check_precision("bf61", "cpu")


def test_float32_products_are_in_float32_but_within_a_tf32_step() -> None:
    """CuDNN's default would be tf32 for all; after the step, also after one that failed, it is float32 again."""
    apply(Execution("cpu", torch.get_num_threads()))

    assert tf32_allowed() == {False}
    with pytest.raises(ZeroDivisionError), products("tf32"):
        _fail_with(tf32_allowed() == {True})
    assert tf32_allowed() == {False}
    with products("float32"):
        assert tf32_allowed() == {False}


def _fail_with(expected: object) -> None:
    """Check what should hold, then fail as a step may."""
    assert expected
    raise ZeroDivisionError


def test_autocast_computes_products_in_bfloat16() -> None:
    """Only with bf16; parameters stay in float32."""
    layer, x = nn.Linear(4, 4), torch.rand(2, 4)

    with Execution("cpu", 1, precision="bf16").autocast():
        assert layer(x).dtype == torch.bfloat16
    with Execution("cpu", 1).autocast():
        assert layer(x).dtype == torch.float32
    assert layer.weight.dtype == torch.float32
