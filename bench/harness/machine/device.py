"""Where a net is trained and how: device, threads, determinism, memory format; each choice in one place, recorded."""

import contextlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from bench.harness.errors import UserError, unknown
from bench.harness.machine.environment import cores
from bench.harness.machine.memory import keep_freed_memory
from bench.harness.machine.precision import forbid_tf32

DEVICES = ("auto", "cpu", "cuda", "mps")
CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


class DeviceError(UserError):
    """A device or thread count that this machine does not have."""


@dataclass(frozen=True)
class Execution:
    """The way nets run: a record must say all of it before two of its timings may be compared.

    Attributes:
        device: cpu, cuda or mps.
        threads: CPU threads within one operation.
        deterministic: the same seed gives the same bits.
        memory_format: contiguous or channels_last.
        fused_optimizer: one kernel a step instead of one a parameter.
        flush_denormal: numbers below 1e-38 count as zero on the CPU; they can cost a factor of ten.
        compiled: torch.compile was used.
        precision: number format of the matrix products in training: float32, bf16 or tf32.
        batched_seeds: the seeds of an arm were trained as one program: the same steps, but for rounding.
    """

    device: str
    threads: int
    deterministic: bool = False
    memory_format: str = "contiguous"
    fused_optimizer: bool = True
    flush_denormal: bool = True
    compiled: bool = False
    precision: str = "float32"
    batched_seeds: bool = False

    @property
    def torch_device(self) -> torch.device:
        """The device as torch names it."""
        return torch.device(self.device)

    @property
    def torch_memory_format(self) -> torch.memory_format:
        """The memory format as torch names it."""
        return torch.channels_last if self.memory_format == "channels_last" else torch.contiguous_format

    def autocast(self) -> "contextlib.AbstractContextManager[object]":
        """Return the context of a training's forward pass: with bf16 its matrix products are in that format."""
        if self.precision != "bf16":
            return contextlib.nullcontext()
        return torch.autocast(self.device, torch.bfloat16)

    def as_dict(self) -> dict[str, Any]:
        """Return what is recorded beside device, threads and deterministic."""
        values = asdict(self)
        return {name: values[name] for name in values if name not in ("device", "threads", "deterministic")}


def resolve_device(name: str) -> str:
    """Return cpu, cuda or mps for a --device.

    Raises:
        DeviceError: an unknown name, or a device that torch cannot use here.
    """
    if name not in DEVICES:
        raise DeviceError(unknown("device", name, DEVICES))
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return next(device for device in ("cuda", "mps", "cpu") if available[device])
    if not available[name]:
        usable = ", ".join(device for device, usable in available.items() if usable)
        raise DeviceError(f"device {name!r} cannot be used: torch {torch.__version__} sees only {usable} here")
    return name


def available_cores() -> int:
    """Return the cores this process may use: its affinity mask, cut by the cgroup's CPU quota."""
    quota = _cgroup_quota()
    return max(1, min(cores(), int(quota)) if quota is not None else cores())


def _cgroup_quota() -> float | None:
    try:
        limit, period = CGROUP_QUOTA.read_text("ascii").split()
    except (OSError, ValueError):
        return None
    return None if limit == "max" else int(limit) / int(period)


def resolve_threads(count: int | None, default: int | None = None) -> int:
    """Return the thread count for a --threads.

    Args:
        count: None means the default.
        default: None means every available core.

    Raises:
        DeviceError: fewer than one thread.
    """
    if count is not None and count < 1:
        raise DeviceError(f"--threads is {count}: it must be at least 1")
    return count or default or available_cores()


def apply(execution: Execution) -> None:
    """Make this process run nets that way. Idempotent."""
    keep_freed_memory()
    torch.set_num_threads(execution.threads)
    torch.set_flush_denormal(execution.flush_denormal)
    if execution.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # CUDA's matrix products ask for it
    torch.use_deterministic_algorithms(execution.deterministic)
    torch.backends.cudnn.benchmark = not execution.deterministic
    forbid_tf32()


def share_of_gpu(execution: Execution, processes: int) -> None:
    """Leave as much of the GPU's memory to each of so many processes. Does nothing without CUDA."""
    if execution.device == "cuda":
        torch.cuda.set_per_process_memory_fraction(1 / processes)
