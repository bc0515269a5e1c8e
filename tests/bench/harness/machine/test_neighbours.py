"""Tests of bench.harness.machine.neighbours: what disturbs, and that a busy program is seen."""

import multiprocessing
import subprocess
import sys
import time

import psutil
import pytest

from bench.harness.machine.neighbours import Usage, Watch, busy_programs, warning

QUIET = Usage(
    seconds=1.0, own_cores=1.0, other_cores=0.0, stolen_cores=0.0, throttled=0.0, runnable=1, mhz=2000.0, cores=2
)


def spin(seconds: float) -> None:
    """Use a core for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({}, ""),
        ({"other_cores": 0.09}, ""),
        ({"other_cores": 0.8}, "other programs used 0.8 cores"),
        ({"other_cores": 0.8, "cores": 64}, ""),
        ({"stolen_cores": 0.5, "other_cores": 0.2}, "other machines on this host used 0.5 cores"),
        ({"throttled": 0.25}, "a quota stopped it for 25% of the time"),
        ({"own_cores": 0.6, "other_cores": 0.05}, "it was kept waiting for 40% of the time"),
        ({"own_cores": 2.0}, ""),
    ],
)
def test_what_disturbs_is_told_in_words(changes: dict[str, float], cause: str) -> None:
    """A twentieth of the machine's cores is let pass; who is kept waiting is disturbed whoever it was."""
    usage = QUIET._replace(**changes)  # type: ignore[arg-type]  # fields by their names

    assert (usage.disturbed, usage.cause) == (bool(cause), cause)


def test_a_busy_program_is_seen() -> None:
    """Its processor time is told apart from this process's own."""
    context = multiprocessing.get_context("spawn")
    neighbour = context.Process(target=spin, args=(3.0,))
    neighbour.start()
    time.sleep(0.7)  # it has begun
    watch = Watch()
    spin(1.0)
    usage = watch.usage()
    neighbour.kill()
    neighbour.join()

    assert usage.other_cores > 0.2
    assert usage.own_cores > 0.2
    assert usage.disturbed


def test_own_work_is_not_a_neighbours() -> None:
    """Each second of this process is counted once."""
    watch = Watch()
    began = time.process_time()
    spin(0.4)

    assert watch.usage().own_cores * watch.usage().seconds == pytest.approx(time.process_time() - began, abs=0.1)


def test_a_machine_that_is_not_quiet_is_one_line() -> None:
    """With what the others use; a resting process is not kept waiting by that."""
    resting = QUIET._replace(own_cores=0.0)

    assert warning(resting) is None
    assert warning(resting._replace(other_cores=1.0)) == (
        "warning: the machine is not quiet: other programs used 1.0 cores of 2; speeds will be measured beside them"
    )


def test_children_are_no_neighbours() -> None:
    """The time of a process that this one started and waits for is this one's own."""
    watch = Watch(children=True)
    busy = "import time; end = time.perf_counter() + 0.5\nwhile time.perf_counter() < end: pass"
    subprocess.run([sys.executable, "-c", busy], check=True)  # noqa: S603 - our own

    assert watch.usage().own_cores > 0.2


def test_busy_programs_use_the_machine_until_they_are_no_longer_wanted() -> None:
    """One of them takes time while it runs, and has ended afterwards."""
    before = psutil.Process().children()
    with busy_programs(1):
        (program,) = [child for child in psutil.Process().children() if child not in before]
        time.sleep(0.3)
        assert sum(program.cpu_times()[:2]) > 0

    assert not program.is_running()
