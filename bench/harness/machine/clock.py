"""Clocks: the synchronised timer of an epoch, the replay of recorded seconds, inference time, peak memory."""

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

STAT, UPTIME = Path("/proc/self/stat"), Path("/proc/uptime")


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


def inference_us_per_image(model: nn.Module, batch: Tensor, budget_seconds: float = 0.06) -> float:
    """Return the median time of a forward pass in µs an image.

    Args:
        model: a net in eval mode.
        batch: normalised images (n, channels, height, width) on the net's device.
        budget_seconds: time to spend; at least three passes are timed after one to warm up.
    """
    with torch.inference_mode():
        _timed(model, batch)
        first = _timed(model, batch)
        repeats = max(2, min(50, int(budget_seconds / max(first, 1e-6)) - 1))
        seconds = [first, *(_timed(model, batch) for _ in range(repeats))]
    return 1e6 * statistics.median(seconds) / len(batch)


def _timed(model: Callable[[Tensor], Tensor], batch: Tensor) -> float:
    start = clock()
    model(batch)
    return clock() - start


def process_seconds() -> float:
    """Return the seconds since this process began, imports included (where /proc tells; else since this import)."""
    return time.time() - _PROCESS_STARTED


def _process_started() -> float:
    """Return when the process began, in seconds since 1970: proc(5), field 22 of stat, and uptime."""
    try:
        ticks = int(STAT.read_text("ascii").rpartition(")")[2].split()[19])
        uptime = float(UPTIME.read_text("ascii").split()[0])
    except OSError:
        return time.time()
    return time.time() - (uptime - ticks / os.sysconf("SC_CLK_TCK"))


_PROCESS_STARTED = _process_started()
