"""Everything else on the machine during a measurement: other programs, a hypervisor, a quota, and the clock.

A slice of a speed measurement is disturbed where other programs or machines took processor time that it could have
used. That is asked of the processor's own accounts and never of the speed itself: what is slow is not for that reason
disturbed, and leaving it out would be choosing results.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

QUOTA = Path("/sys/fs/cgroup/cpu.stat")  # of this process's container, where there is a quota
RUNNABLE = Path("/proc/loadavg")
SHARE = 0.05  # of the machine's cores: what others may use before a slice counts as disturbed
WAITED = 0.1  # of its wall time: what a process that never sleeps may lack before it was kept waiting
LOOK_SECONDS = 0.5


class Usage(NamedTuple):
    """Who used the machine in a span of time.

    Attributes:
        seconds: wall time.
        own_cores: processor time of this process, in cores (2.0: two threads all the time).
        other_cores: processor time of other programs, in cores.
        stolen_cores: time that a hypervisor gave to other machines, in cores; 0 where the system does not tell.
        throttled: share of the time for which a container's quota stopped this process, 0 to 1; 0 as above.
        runnable: threads of the whole machine that ran or waited for a core at its end; null as above.
        mhz: the processor's clock at its end; null as above.
        cores: number of the machine's cores.
    """

    seconds: float
    own_cores: float
    other_cores: float
    stolen_cores: float
    throttled: float
    runnable: int | None
    mhz: float | None
    cores: int

    @property
    def disturbed(self) -> bool:
        """Whether others took so much that what was timed in this span is not the machine's best."""
        allowed = SHARE * self.cores
        kept_waiting = self.own_cores < 1 - WAITED  # what is measured never sleeps
        return max(self.other_cores, self.stolen_cores) > allowed or self.throttled > SHARE or kept_waiting

    @property
    def cause(self) -> str:
        """The cause of a disturbance, in words, empty where there was none."""
        if not self.disturbed:
            return ""
        if self.throttled > SHARE:
            return f"a quota stopped it for {self.throttled:.0%} of the time"
        if max(self.other_cores, self.stolen_cores) <= SHARE * self.cores:
            return f"it was kept waiting for {max(0.0, 1 - self.own_cores):.0%} of the time"
        if self.stolen_cores > self.other_cores:
            return f"other machines on this host used {self.stolen_cores:.1f} cores"
        return f"other programs used {self.other_cores:.1f} cores"


class _Accounts(NamedTuple):
    """The system's counts so far, in seconds."""

    wall: float
    own: float
    busy: float
    stolen: float
    throttled: float


class Watch:
    """Watches the machine from the moment it is made.

    Args:
        children: count the processes that this one has started as its own, not as others; they are looked up then,
            which takes some milliseconds.
    """

    def __init__(self, *, children: bool = False) -> None:
        self._children = children
        self._before = _accounts(children=children)

    def usage(self) -> Usage:
        """Return who has used the machine since then."""
        now, before = _accounts(children=self._children), self._before
        wall = max(now.wall - before.wall, 1e-9)
        own = now.own - before.own
        others = max(0.0, now.busy - before.busy - own)  # the kernel counts in hundredths, this process exactly
        return Usage(
            seconds=wall,
            own_cores=own / wall,
            other_cores=others / wall,
            stolen_cores=max(0.0, now.stolen - before.stolen) / wall,
            throttled=min(1.0, (now.throttled - before.throttled) / wall),
            runnable=_runnable(),
            mhz=_mhz(),
            cores=psutil.cpu_count() or 1,
        )


def _accounts(*, children: bool) -> _Accounts:
    times = psutil.cpu_times()
    stolen = getattr(times, "steal", 0.0)
    resting = times.idle + getattr(times, "iowait", 0.0) + stolen
    # A guest's time is counted in `user` too.
    busy = sum(times) - resting - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    own = time.process_time() + (_children_seconds() if children else 0.0)
    return _Accounts(time.perf_counter(), own, busy, stolen, _throttled())


def _children_seconds() -> float:
    """Return the processor time of the processes that this one has started, of those that live and those that ended."""
    ended = os.times()
    living = 0.0
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has ended since
            times = child.cpu_times()
            living += (
                times.user + times.system + getattr(times, "children_user", 0) + getattr(times, "children_system", 0)
            )
    return ended.children_user + ended.children_system + living


def _throttled() -> float:
    """Return for how many seconds the container's quota has stopped its processes, 0 where there is none."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        counts = dict(line.split() for line in QUOTA.read_text("ascii").splitlines())
        return int(counts.get("throttled_usec", 0)) / 1e6
    return 0.0


def _runnable() -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(RUNNABLE.read_text("ascii").split()[3].partition("/")[0])
    return None


def _mhz() -> float | None:
    with contextlib.suppress(OSError, NotImplementedError, AttributeError):
        clock = psutil.cpu_freq()
        return None if clock is None else clock.current
    return None


def machine_at_rest() -> Usage:
    """Return who uses the machine while this process does nothing: a look of half a second before a measurement."""
    watch = Watch()
    time.sleep(LOOK_SECONDS)
    return watch.usage()


def warning(usage: Usage) -> str | None:
    """Return one line for a machine that is not quiet, None for one that is.

    Args:
        usage: a span in which this process rested.
    """
    if max(usage.other_cores, usage.stolen_cores) <= SHARE * usage.cores:
        return None
    busy = usage._replace(own_cores=1.0).cause  # resting is no waiting
    return f"warning: the machine is not quiet: {busy} of {usage.cores}; speeds will be measured beside them"


@contextlib.contextmanager
def busy_programs(count: int) -> Iterator[None]:
    """Run so many programs that never rest, to measure beside them."""
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()
