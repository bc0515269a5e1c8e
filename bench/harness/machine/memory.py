"""Memory: the most that a trial added, and glibc's malloc, told to keep what a training step frees.

The next step asks for the very same sizes again. By default glibc gives every block above a threshold back to the
system when it is freed and asks for it anew, and each page of it is then zeroed and mapped again. The threshold grows
with what a process has freed before (128 KiB to 32 MiB), so that a net's speed depends on which net ran earlier: a
small AlexNet trained 1.1 times and answered 1.3 times as fast after others as in a fresh process. With fixed thresholds
both are equal.
"""

import contextlib
import ctypes
import platform
from pathlib import Path

import psutil
import torch

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h
KEPT = 1 << 30  # bytes: blocks up to here come from the heap, and so much of it may lie free at its end
PAD = 64 << 20  # bytes by which the heap grows at once
STATUS = Path("/proc/self/status")  # read for its high-water mark alone: psutil neither tells nor resets that one
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_HIGH_WATER_MARK = "5"  # the word in clear_refs that does it, see proc(5)


def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None


def keep_freed_memory() -> bool:
    """Let this process reuse freed memory instead of returning it; return whether its allocator understood."""
    libc = _glibc()
    settings = {M_MMAP_THRESHOLD: KEPT, M_TRIM_THRESHOLD: KEPT, M_TOP_PAD: PAD}
    return libc is not None and sum(libc.mallopt(name, value) for name, value in settings.items()) == len(settings)


def give_back_freed_memory() -> None:
    """Return what lies free to the system now, where the allocator is glibc's."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


class PeakMemory:
    """The most memory that a trial added, in MB (1e6 bytes), or None where the system does not tell.

    CUDA: torch's peak of allocated memory. CPU: the rise of the resident high-water mark since the start
    (Linux only); memory that an earlier trial left with the allocator is given back first where glibc can.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.start_bytes: int | None = None
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        else:
            give_back_freed_memory()
            with contextlib.suppress(OSError):  # not Linux, or a locked-down container
                CLEAR_REFS.write_text(RESET_HIGH_WATER_MARK)
                self.start_bytes = psutil.Process().memory_info().rss

    def megabytes(self) -> float | None:
        """Return the peak since this object was made."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated() / 1e6
        peak_bytes = _high_water_mark()
        if self.start_bytes is None or peak_bytes is None:
            return None
        return max(0, peak_bytes - self.start_bytes) / 1e6


def _high_water_mark() -> int | None:
    """Return the most resident memory since the last reset, in bytes."""
    try:
        lines = STATUS.read_text("ascii").splitlines()
    except OSError:
        return None
    kibibytes = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return 1024 * kibibytes[0] if kibibytes else None
