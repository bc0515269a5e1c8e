"""Tests of bench.harness.run.hooks.benchmark_options."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.harness.run.hooks.benchmark_options import baseline_names, check, compared, default_options
from bench.harness.run.settings import SettingsError

STATS = {"min": 1.0, "max": 1.0, "mean": 1.0, "stddev": 0.0, "median": 1.0, "iqr": 0.0, "rounds": 2, "ops": 1.0}


def options_of(**given: Any) -> dict[str, Any]:  # noqa: ANN401 - any option's value
    """Return pytest-benchmark's options with some of them given."""
    return {**default_options(), **{f"benchmark_{name}": value for name, value in given.items()}}


def names_of(**given: Any) -> set[str] | None:  # noqa: ANN401 - any option's value
    """Return the tests of a saved run under these options."""
    config = SimpleNamespace(pluginmanager=SimpleNamespace(getplugin=lambda _: None))
    return baseline_names(options_of(**given), config)


def save(path: Path, *tests: str) -> Path:
    """Write a saved run with these tests."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"fullname": test, "stats": dict(STATS)} for test in tests]
    path.write_text(json.dumps({"machine_info": {}, "benchmarks": rows}), "utf-8")
    return path


def test_a_run_without_options_is_right() -> None:
    """Nothing is refused that nobody asked for."""
    check(options_of())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"timer": "time.process_time"}, "--benchmark-timer has no effect"),
        ({"min_time": "0.1"}, "--benchmark-min-time has no effect"),
        ({"max_time": "0.1"}, "--benchmark-max-time has no effect"),
        ({"min_rounds": 3}, "--benchmark-min-rounds has no effect"),
        ({"precision": 0.02}, "--benchmark-precision has no effect"),
        ({"warmup": True}, "--benchmark-warmup has no effect"),
        ({"disable_gc": True}, "--benchmark-disable-gc has no effect"),
        ({"group_by": "param:nope"}, "unknown grouping 'param:nope'"),
        ({"group_by": "group,nam"}, "unknown grouping 'nam': did you mean 'name'"),
        ({"cprofile": "tottime"}, "use `python -m bench hotspots`"),
        ({"disable": True}, "leave nothing to measure"),
        ({"skip": True}, "leave nothing to measure"),
        ({"json": Path("tests")}, "is a folder: name a file"),
        ({"json": Path("README.md/out.json")}, "cannot be made"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_fails_or_does_nothing_is_refused(given: dict[str, Any], message: str) -> None:
    """The message names the option: found before training, not after it."""
    with pytest.raises(SettingsError, match=message):
        check(options_of(**given))


@pytest.mark.parametrize("grouping", ["group", "fullname", "param:arm", "group,param:seed", "func,param"])
def test_every_grouping_that_works_is_taken(grouping: str) -> None:
    """The parameters of a trial are its arm and its seed."""
    check(options_of(group_by=grouping))


def test_a_histogram_needs_its_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is drawn after the last trial, and would be missing then."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pygal" else object())

    with pytest.raises(SettingsError, match=r"needs pygal: pip install 'pytest-benchmark\[histogram\]'"):
        check(options_of(histogram=["plot"]))


def test_a_histogram_of_a_quiet_run_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It belongs to the table, and --benchmark-quiet leaves that out."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    check(options_of(histogram=["plot"]))

    with pytest.raises(SettingsError, match="drop one of them"):
        check(options_of(histogram=["plot"], quiet=True))


def test_the_jsons_folder_is_made(tmp_path: Path) -> None:
    """A folder that can be made is no reason to lose a run."""
    check(options_of(json=tmp_path / "new" / "out.json"))

    assert (tmp_path / "new").is_dir()


def test_nothing_is_compared_unless_asked_for() -> None:
    """Without --benchmark-compare there is no saved run."""
    assert names_of() is None


def test_the_newest_saved_run_is_compared_with(tmp_path: Path) -> None:
    """As pytest-benchmark takes it, where no run is named."""
    save(tmp_path / "0001_a.json", "old")
    save(tmp_path / "0002_b.json", "new")

    assert names_of(compare=True, storage=f"file://{tmp_path}") == {"new"}


def test_a_file_may_be_named(tmp_path: Path) -> None:
    """The JSON that another run wrote is a baseline too."""
    path = save(tmp_path / "out.json", "a", "b")

    assert names_of(compare=str(path), storage=f"file://{tmp_path}/none") == {"a", "b"}


@pytest.mark.parametrize("compare", [True, "0007", "nosuch.json", "a/b/c.json"])
def test_a_lost_baseline_is_an_error(compare: str | bool, tmp_path: Path) -> None:
    """A gate without one would pass."""
    with pytest.raises(SettingsError, match="--benchmark-compare"):
        names_of(compare=compare, storage=f"file://{tmp_path}")


def test_a_damaged_baseline_is_an_error(tmp_path: Path) -> None:
    """pytest-benchmark would warn of it, and compare with nothing."""
    (tmp_path / "out.json").write_text("{", "utf-8")

    with pytest.raises(SettingsError, match="no saved run can be read"):
        names_of(compare=str(tmp_path / "out.json"), storage=f"file://{tmp_path}/none")


def test_a_gate_needs_a_baseline() -> None:
    """The run to compare with is not guessed."""
    with pytest.raises(SettingsError, match="needs --benchmark-compare"):
        names_of(compare_fail=["median:5%"])


def test_trials_that_the_saved_run_lacks_are_counted() -> None:
    """They are not compared, which the plan says; where all are there it says nothing."""
    assert compared({"a", "b"}, ["a", "c"], gate=True) == ["warning: 1 of 2 trials are not in the saved run"]
    assert compared({"a", "b"}, ["a", "b"], gate=True) == []


def test_a_gate_that_compares_nothing_is_an_error() -> None:
    """It would pass whatever this run brings; without a gate it is a warning."""
    with pytest.raises(SettingsError, match="none of the 2 trials, such as c"):
        compared({"a"}, ["c", "d"], gate=True)

    assert compared({"a"}, ["c", "d"], gate=False) == ["warning: 2 of 2 trials are not in the saved run"]
