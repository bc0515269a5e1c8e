"""The options of pytest-benchmark in a run of studies: what would fail, or do nothing, is refused before training.

pytest-benchmark itself finds most of this after the last trial, or only warns of it: a gate whose baseline was lost
would pass.
"""

import argparse
import importlib.util
import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark import plugin

from bench.harness.errors import unknown
from bench.harness.run.settings import SettingsError

GROUPINGS = ("group", "name", "func", "fullname", "fullfunc", "param", "param:arm", "param:seed")
IGNORED = {  # an epoch is a round, timed by the harness's clock: none of these has a say in it
    "timer": "the harness has a clock of its own",
    **dict.fromkeys(("min_time", "max_time", "min_rounds", "precision", "confidence"), "epochs are the rounds"),
    **dict.fromkeys(("calibration_precision", "warmup", "warmup_iterations"), "each trial warms up by itself"),
    "disable_gc": "the harness times a trial outside pytest-benchmark",
}


class _Declarations:
    """Takes a plugin's options as pytest's parser does, so that their defaults can be read."""

    def __init__(self) -> None:
        self._parser = argparse.ArgumentParser(add_help=False)

    def getgroup(self, *_: str) -> "_Declarations":
        return self

    def addoption(self, *names: str, **attributes: Any) -> None:  # noqa: ANN401 - argparse's own keywords
        self._parser.add_argument(*names, **attributes)

    def defaults(self) -> dict[str, Any]:
        return vars(self._parser.parse_args([]))


def default_options() -> dict[str, Any]:
    """Return pytest-benchmark's options with the values that they have when none is given."""
    declared = _Declarations()
    declare: Any = plugin.pytest_addoption
    declare(declared)
    return declared.defaults()


def check(options: Mapping[str, Any]) -> None:
    """Check the options of a run that trains.

    Args:
        options: by pytest's names for them, such as `benchmark_json`.

    Raises:
        SettingsError: the first option that would fail later, or have no effect.
    """
    _refuse_untimed(options)
    _refuse_ignored(options)
    _check_grouping(str(options["benchmark_group_by"]))
    _check_histogram(options)
    _check_destination(options["benchmark_json"])


def _refuse_untimed(options: Mapping[str, Any]) -> None:
    """Refuse options under which each trial would run once, unevaluated, without a JSON."""
    if options["benchmark_cprofile"]:
        raise SettingsError("--benchmark-cprofile trains an epoch more: use `python -m bench hotspots`")
    if options["benchmark_disable"] or options["benchmark_skip"]:
        raise SettingsError("--benchmark-disable and --benchmark-skip leave nothing to measure: drop them")
    if options.get("dist", "no") != "no" or options.get("numprocesses"):
        raise SettingsError("trials are timed one after the other: drop -n and --dist (pytest-xdist)")


def _refuse_ignored(options: Mapping[str, Any]) -> None:
    """Refuse what is for functions that pytest-benchmark calls itself."""
    defaults = default_options()
    for name, reason in IGNORED.items():
        value = options.get(f"benchmark_{name}")
        if value != defaults.get(f"benchmark_{name}"):
            raise SettingsError(f"--benchmark-{name.replace('_', '-')} has no effect, {reason}: drop it")


def _check_grouping(grouping: str) -> None:
    for part in grouping.split(","):
        if part not in GROUPINGS:
            raise SettingsError(f"--benchmark-group-by: {unknown('grouping', part, GROUPINGS)}")


def _check_histogram(options: Mapping[str, Any]) -> None:
    if not options["benchmark_histogram"]:
        return
    missing = [name for name in ("pygal", "pygaljs") if importlib.util.find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"--benchmark-histogram needs {' and '.join(missing)}: pip install 'pytest-benchmark[histogram]'"
        )
    if options["benchmark_quiet"] and not options["benchmark_verbose"]:
        raise SettingsError("--benchmark-quiet leaves out the table that --benchmark-histogram draws: drop one of them")


def _check_destination(path: Path | None) -> None:
    """Check that the JSON can be written at the end, and make its folder."""
    if path is None:
        return
    if path.is_dir():
        raise SettingsError(f"--benchmark-json {path} is a folder: name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{path.parent} cannot be made ({error.strerror}): name another place") from error
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise SettingsError(f"--benchmark-json {path} cannot be written to: name another place")


def baseline_names(options: Mapping[str, Any], config: object) -> set[str] | None:
    """Return the tests that the saved runs of --benchmark-compare have a row for, None where nothing is compared.

    Args:
        options: by pytest's names for them.
        config: pytest's, for the storage's messages.

    Raises:
        SettingsError: there is no such run, or it cannot be read.
    """
    wanted, gate = options["benchmark_compare"], options["benchmark_compare_fail"]
    if not wanted:
        if gate:
            raise SettingsError("--benchmark-compare-fail needs --benchmark-compare, which names what to compare with")
        return None
    where = options["benchmark_storage"]
    try:
        with warnings.catch_warnings(action="error"):  # a file that cannot be read is one to pytest-benchmark
            storage = _storage(where, config, options["benchmark_netrc"])
            runs = list(storage.load())[-1:] if wanted is True else list(storage.load(wanted))
        names = {row["fullname"] for _, content in runs for row in content["benchmarks"]}
    except Exception as error:
        raise SettingsError(f"--benchmark-compare {wanted}: no saved run can be read ({error})") from error
    if not runs:
        which = "no saved run" if wanted is True else f"no saved run or file {wanted!r}"
        raise SettingsError(f"--benchmark-compare: {which} in {where}: make one with --benchmark-save=NAME")
    return names


def _storage(where: str, config: object, netrc: str) -> Any:  # noqa: ANN401 - pytest-benchmark has no types
    utils: Any = importlib.import_module("pytest_benchmark.utils")
    logger: Any = importlib.import_module("pytest_benchmark.logger").Logger
    machine = utils.get_machine_id()
    return utils.load_storage(where, logger=logger(logger.QUIET, config), default_machine_id=machine, netrc=netrc)


def compared(names: set[str], planned: Iterable[str], *, gate: bool) -> list[str]:
    """Return the lines that say which planned trials have nothing to be compared with.

    Args:
        names: tests with a row in the saved run.
        planned: tests of this run.
        gate: whether --benchmark-compare-fail judges them.

    Raises:
        SettingsError: none of them has, and there is a gate: it would pass whatever the run brings.
    """
    tests = list(planned)
    missing = [name for name in tests if name not in names]
    if gate and len(missing) == len(tests):
        raise SettingsError(
            f"--benchmark-compare-fail: the saved run has none of the {len(tests)} trials, such as {missing[0]}: "
            "compare with a run of the same studies, protocol and seeds"
        )
    return [f"warning: {len(missing)} of {len(tests)} trials are not in the saved run"] if missing else []


def show_warnings(config: pytest.Config) -> None:
    """Show warnings, which are errors in the project's tests: one must not end hours of training."""
    config.addinivalue_line("filterwarnings", "default")  # where pytest applies its filters anew, around each test
    warnings.simplefilter("default")  # where it has applied them already, around the session
    warnings.filterwarnings("ignore", message="Not saving anything")  # said after an error that says why
