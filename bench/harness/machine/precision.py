"""The number format of a training's matrix products: where a device has it, and how torch is told.

With bf16 (autocast) convolutions and matrix products are computed in bfloat16; parameters, the sums inside BatchNorm,
LRN, the loss and the optimiser stay in float32. With tf32 they are computed in float32 with the mantissa cut to ten
bits. Answers (validation, test, inference) are always given in float32: that is the net that is exported.
Source: P. Micikevicius et al., Mixed precision training, 2018.
"""

import contextlib
import warnings
from collections.abc import Iterator

from bench.harness.errors import UserError, unknown
from bench.harness.machine.environment import cpu_lines

PRECISIONS = ("float32", "bf16", "tf32")
BF16_UNITS = ("amx_bf16", "avx512_bf16", "bf16")  # of Intel and AMD, and of Arm, as Linux names them
AMPERE = (8, 0)  # compute capability


class PrecisionError(UserError):
    """A number format that there is not, or that the device only emulates."""


def check_precision(precision: str, device: str) -> None:
    """Check that a device computes in a number format.

    Args:
        precision: float32, bf16 or tf32.
        device: cpu, cuda or mps.

    Raises:
        PrecisionError: an unknown name, or a device that only emulates it.
    """
    if precision not in PRECISIONS:
        raise PrecisionError(unknown("precision", precision, PRECISIONS))
    reason = why_emulated(precision, device)
    if reason:
        raise PrecisionError(f"precision {precision!r} is not to be had here: {reason}; use float32")


def why_emulated(precision: str, device: str) -> str:
    """Return why a device does not compute in a number format, empty where it does."""
    if precision == "float32":
        return ""
    if device == "cuda":
        return _why_not_on_cuda()
    if device == "cpu" and precision == "bf16":
        return _why_not_on_cpu()
    return f"{'the CPU' if device == 'cpu' else device} has no {precision}"


def _why_not_on_cpu() -> str:
    lines = [line for line in cpu_lines() if line.startswith(("flags", "Features"))]
    units = {unit for line in lines[:1] for unit in line.partition(":")[2].split()}
    if units.intersection(BF16_UNITS):
        return ""
    lacks = "has neither AMX nor AVX-512 with bfloat16" if lines else "is not described by this system"
    return f"the CPU {lacks}, torch would only emulate it"


def _why_not_on_cuda() -> str:
    import torch  # noqa: PLC0415 - two seconds that the options' check does not need

    major, minor = torch.cuda.get_device_capability()
    return "" if (major, minor) >= AMPERE else f"the GPU has compute capability {major}.{minor}, it begins with 8.0"


def forbid_tf32() -> None:
    """Let CUDA compute float32 products in float32; by default cuDNN computes convolutions in tf32."""
    _allow_tf32(allowed=False)


@contextlib.contextmanager
def products(precision: str) -> Iterator[None]:
    """Let a training step's float32 products be computed in tf32 where that is its number format."""
    if precision != "tf32":
        yield
        return
    _allow_tf32(allowed=True)
    try:
        yield
    finally:
        forbid_tf32()


def _allow_tf32(*, allowed: bool) -> None:
    """Set both of torch's switches by the names that every torch from 2.9 on reads.

    Where `fp32_precision` is set by itself, torch.export and, up to 2.11, torch.compile find the two sets of names at
    odds and give up: https://github.com/pytorch/pytorch/issues/166387.
    """
    import torch  # noqa: PLC0415 - as above

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*TF32")  # 2.9 announces the end of these names
        torch.set_float32_matmul_precision("high" if allowed else "highest")
        torch.backends.cudnn.allow_tf32 = allowed
