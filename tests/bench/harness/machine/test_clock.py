"""Tests of bench.harness.machine.clock."""

import platform
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from bench.harness.machine import clock as clocks
from bench.harness.machine import memory as memory_file
from bench.harness.machine.clock import (
    clock,
    last_interval,
    process_seconds,
    replaying,
    use_device,
)
from bench.harness.machine.memory import PeakMemory

CPU = torch.device("cpu")
linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="only Linux tells a process's peak memory")


@pytest.fixture(autouse=True)
def on_the_cpu() -> Iterator[None]:
    """Wait for no accelerator, in this test and in later ones."""
    use_device(CPU)
    yield
    use_device(CPU)


def test_the_clock_never_goes_back() -> None:
    """A monotonic clock: summer time does not shorten an epoch."""
    times = [clock() for _ in range(100)]

    assert all(later >= earlier for earlier, later in pairwise(times))


def test_the_last_interval_is_that_of_the_last_two_readings() -> None:
    """It is the duration that pytest-benchmark takes for the round, to the last bit."""
    clock()
    start = clock()
    time.sleep(0.002)
    end = clock()

    assert last_interval() == end - start >= 0.002


def test_replayed_seconds_come_out_exactly() -> None:
    """A restored row has the recorded times, with no rounding by a sum of offsets."""
    recorded = [1.1, 0.30000000000000004, 12345.678901234567]
    intervals = []
    with replaying() as set_clock:
        for seconds in recorded:
            set_clock(0.0)
            start = clock()
            set_clock(seconds)
            intervals.append(clock() - start)

    assert intervals == recorded


def test_replayed_time_stands_still() -> None:
    """Nothing but the recorded seconds moves the clock."""
    with replaying() as set_clock:
        set_clock(5.0)

        assert clock() == clock() == 5.0


def fail_while_replaying() -> None:
    """Raise an error out of a replay."""
    with replaying() as set_clock:
        set_clock(-1.0)
        raise ZeroDivisionError


def test_real_time_goes_on_after_a_replay_that_failed() -> None:
    """The next trial is timed, whatever ended the replay."""
    with pytest.raises(ZeroDivisionError):
        fail_while_replaying()

    assert abs(clock() - time.perf_counter()) < 60


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_the_clock_waits_for_the_device(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU's work is asynchronous: unsynchronised, an epoch would seem to take no time."""
    waited: list[str] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: waited.append("cuda"))
    monkeypatch.setattr(torch.mps, "synchronize", lambda: waited.append("mps"))
    use_device(torch.device(kind))
    clock()

    assert waited == [kind]


@linux_only
def test_peak_memory_starts_anew() -> None:
    """The peak of an earlier trial is not counted again."""
    block = np.ones(200_000_000, np.uint8)
    del block

    assert (PeakMemory(CPU).megabytes() or 0) < 50


def missing(tmp_path: Path) -> Path:
    """Return a file that does not exist, as on another system."""
    return tmp_path / "absent" / "file"


@pytest.mark.parametrize("name", ["CLEAR_REFS", "STATUS"])
def test_no_peak_where_the_system_does_not_tell(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is written, not a number that means something else."""
    monkeypatch.setattr(memory_file, name, missing(tmp_path))

    assert PeakMemory(CPU).megabytes() is None


@pytest.mark.parametrize("kilobytes", [0, 1])
def test_cudas_own_peak_is_told(kilobytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On CUDA the peak is that of torch's allocator, in units of 1e6 bytes."""
    resets: list[int] = []
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: resets.append(1))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 1000 * kilobytes)

    assert (PeakMemory(torch.device("cuda")).megabytes(), resets) == (kilobytes / 1000, [1])


@linux_only
def test_the_process_began_before_this_file_was_imported() -> None:
    """Imports count as harness overhead, so the start is the process's own."""
    assert 0.1 < process_seconds() < time.clock_gettime(time.CLOCK_BOOTTIME)


@linux_only
def test_a_boot_that_is_told_in_whole_seconds_does_not_move_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short run's overhead is a share of its wall time: half a second of rounding would be most of it."""
    began, booted, told = psutil.Process().create_time(), psutil.boot_time(), process_seconds()
    monkeypatch.setattr(psutil, "boot_time", lambda: booted - 10)
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: began - 10)

    assert time.time() - clocks.process_started() - told < 5


def advances(read: Callable[[], float]) -> float:
    """Return by how much a clock moves while 20 ms are slept."""
    start = read()
    time.sleep(0.02)
    return read() - start


def test_process_seconds_advance_by_a_second_a_second() -> None:
    """The time limit is measured with them."""
    assert 0.015 < advances(process_seconds) < 5
