"""glibc's malloc, told to keep what a training step frees: the next step asks for the very same sizes again.

By default glibc gives every block above a threshold back to the system when it is freed and asks for it anew, and each
page of it is then zeroed and mapped again. The threshold grows with what a process has freed before (128 KiB to
32 MiB), so that a net's speed depends on which net ran earlier: a small AlexNet trained 1.1 times and answered 1.3
times as fast after others as in a fresh process. With fixed thresholds both are equal.
"""

import ctypes
import platform

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h
KEPT = 1 << 30  # bytes: blocks up to here come from the heap, and so much of it may lie free at its end
PAD = 64 << 20  # bytes by which the heap grows at once


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
