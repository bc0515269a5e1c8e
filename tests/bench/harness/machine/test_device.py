"""Tests of bench.harness.machine.device."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from bench.harness.machine import device
from bench.harness.machine.device import (
    DeviceError,
    Execution,
    apply,
    available_cores,
    resolve_device,
    resolve_threads,
)


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give torch its global settings back."""
    threads, cudnn = torch.get_num_threads(), torch.backends.cudnn.benchmark
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what `apply` sets is undone with it
    yield
    apply(Execution("cpu", threads, flush_denormal=False))
    torch.backends.cudnn.benchmark = cudnn


@pytest.fixture
def no_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide GPUs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("no_accelerator")
def test_auto_falls_back_to_the_cpu() -> None:
    """Where there is no GPU the CPU is used."""
    assert resolve_device("auto") == "cpu"


@pytest.mark.usefixtures("no_accelerator")
@pytest.mark.parametrize(("available", "chosen"), [(("cuda", "mps"), "cuda"), (("mps",), "mps")])
def test_auto_takes_the_fastest(available: tuple[str, ...], chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA comes before MPS, MPS before the CPU."""
    for name, backend in (("cuda", torch.cuda), ("mps", torch.backends.mps)):
        monkeypatch.setattr(backend, "is_available", lambda name=name: name in available)

    assert resolve_device("auto") == chosen


@pytest.mark.usefixtures("no_accelerator")
def test_a_device_that_is_not_there_is_an_error() -> None:
    """The message says what torch does see."""
    with pytest.raises(DeviceError, match=r"device 'cuda' cannot be used: torch .* sees only cpu here"):
        resolve_device("cuda")


def test_an_unknown_device_gets_a_suggestion() -> None:
    """The nearest name is offered."""
    with pytest.raises(DeviceError, match="unknown device 'cdua': did you mean 'cuda'"):
        resolve_device("cdua")


@pytest.mark.parametrize(
    ("content", "cores"),
    [("max 100000", 8), ("200000 100000", 2), ("250000 100000", 2), ("50000 100000", 1), ("nonsense", 8)],
)
def test_a_cgroup_quota_cuts_the_cores(
    content: str, cores: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More threads than the quota would be stopped by the kernel in every period."""
    (tmp_path / "cpu.max").write_text(content, encoding="ascii")
    monkeypatch.setattr(device, "CGROUP_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)

    assert available_cores() == cores


def test_without_a_cgroup_all_cores_of_the_affinity_mask_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without cgroups has no quota."""
    monkeypatch.setattr(device, "CGROUP_QUOTA", tmp_path / "absent")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5, 6}, raising=False)

    assert available_cores() == 3


def test_threads_default_to_the_available_cores() -> None:
    """--threads need not be given."""
    assert (resolve_threads(None), resolve_threads(3)) == (available_cores(), 3)


def test_fewer_than_one_thread_is_an_error() -> None:
    """The message names the option."""
    with pytest.raises(DeviceError, match="--threads is 0: it must be at least 1"):
        resolve_threads(0)


def test_torch_understands_the_choices() -> None:
    """Names become torch's objects."""
    execution = Execution("cpu", 1, memory_format="channels_last")

    assert execution.torch_device == torch.device("cpu")
    assert execution.torch_memory_format == torch.channels_last
    assert Execution("cpu", 1).torch_memory_format == torch.contiguous_format


def test_a_choice_stands_in_one_place_of_a_record() -> None:
    """Device, threads and deterministic have fields of their own."""
    assert set(Execution("cpu", 1).as_dict()) == {
        *("memory_format", "fused_optimizer", "flush_denormal", "compiled", "precision", "batched_seeds")
    }


@pytest.mark.usefixtures("restored")
def test_threads_and_determinism_are_applied() -> None:
    """Torch runs the way the record will say."""
    apply(Execution("cpu", 1, deterministic=True))

    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.benchmark


@pytest.mark.usefixtures("restored")
def test_determinism_is_switched_off_again() -> None:
    """The second of two executions in a process stands."""
    apply(Execution("cpu", 1, deterministic=True))
    apply(Execution("cpu", 1))

    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.usefixtures("restored")
@pytest.mark.skipif(not torch.set_flush_denormal(False), reason="this processor cannot flush denormal numbers")
@pytest.mark.parametrize("flush", [True, False])
def test_denormal_numbers_are_flushed_where_asked(flush: bool) -> None:
    """1e-39 is below the smallest normal float32."""
    apply(Execution("cpu", 1, flush_denormal=flush))

    assert bool(torch.tensor([1e-38]) * torch.tensor([0.1]) == 0) == flush
