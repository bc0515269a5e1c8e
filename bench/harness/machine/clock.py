"""Clocks: the synchronised timer of an epoch, the replay of recorded seconds, the age of this process."""

import contextlib
import time
from collections.abc import Callable, Iterator

import psutil
import torch


class _Clock:
    """The state behind `clock`."""

    device: torch.device | None = None  # whose work to wait for
    replayed: float | None = None  # while recorded rounds are replayed: the time to tell instead
    before_last: float = 0.0
    last: float = 0.0


def use_device(device: torch.device) -> None:
    """Make `clock` wait for this device's work before it reads the time."""
    _Clock.device = device


def synchronise() -> None:
    """Wait until the device has done all that it was asked to do."""
    if _Clock.device is not None and _Clock.device.type == "cuda":
        torch.cuda.synchronize()
    elif _Clock.device is not None and _Clock.device.type == "mps":
        torch.mps.synchronize()


def clock() -> float:
    """Return seconds on a monotonic clock, read after the device has finished: the timer of every epoch."""
    synchronise()
    now = time.perf_counter() if _Clock.replayed is None else _Clock.replayed
    _Clock.before_last, _Clock.last = _Clock.last, now
    return now


def last_interval() -> float:
    """Return the seconds between the last two calls of `clock`: just after an epoch, its duration."""
    return _Clock.last - _Clock.before_last


@contextlib.contextmanager
def replaying() -> Iterator[Callable[[float], None]]:
    """Make `clock` tell recorded time: it stands at the seconds that the yielded function was last given."""

    def set_clock(seconds: float) -> None:
        _Clock.replayed = seconds

    set_clock(0.0)
    try:
        yield set_clock
    finally:
        _Clock.replayed = None


def process_seconds() -> float:
    """Return the seconds since this process began, imports included."""
    return time.time() - _PROCESS_STARTED


def process_started() -> float:
    """Return when the process began, in seconds since 1970.

    Linux tells when it booted in whole seconds, and psutil adds them: taking them off again leaves hundredths.
    """
    began = psutil.Process().create_time()
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return began
    since_boot = began - psutil.boot_time()
    return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot)


_PROCESS_STARTED = process_started()
