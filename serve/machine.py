"""The part of the machine that this process may use: cores and memory, inside a container as its limits say."""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
UNTOLD = 2**32  # bytes of memory where the system does not say
BODIES_SHARE = 4  # a quarter of the memory may be bodies of requests in flight, unless it is said otherwise


def cores() -> int:
    """Return the cores this process may use: its affinity mask, cut by the cgroup's CPU quota."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        limit, period = (CGROUP / "cpu.max").read_text("ascii").split()
        return max(1, min(count, int(limit) // int(period)))
    except (OSError, ValueError):  # no cgroup, or no limit: "max"
        return count


def memory() -> int:
    """Return the bytes of memory that this process may use: the machine's, cut by the cgroup's limit."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):  # Windows does not tell
        total = UNTOLD
    try:
        return min(total, int((CGROUP / "memory.max").read_text("ascii")))
    except (OSError, ValueError):  # as above
        return total


def raise_descriptors(wanted: int) -> int:
    """Let this process have so many file descriptors, as far as it may; return how many it has."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
    return wanted if soft == resource.RLIM_INFINITY else soft
