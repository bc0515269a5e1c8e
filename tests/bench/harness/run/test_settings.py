"""Tests of bench.harness.run.settings."""

from pathlib import Path
from typing import Any

import pytest

from bench.harness.data.catalogue import DataError, data_root
from bench.harness.run.settings import Settings, SettingsError, parse_seeds
from bench.harness.study.study import FIRST_TUNING_SEED

DEFAULTS: dict[str, Any] = {
    "protocol": "quick",
    "seeds": None,
    "dataset": None,
    "studies": None,
    "time_limit": None,
    "device": "auto",
    "data_root": None,
    "download": False,
    "results": "results",
    "fresh": False,
    "threads": None,
    "workers": "auto",
    "compile": False,
    "precision": "float32",
    "tensorboard": False,
    "mlflow": None,
    "ray": None,
    "batch_seeds": False,
    "keep_stale": False,
    "until_verdict": None,
    "deterministic": False,
    "learning_rates": None,
}


def settings(**options: object) -> Settings:
    """Return the settings for some options."""
    return Settings.from_options({**DEFAULTS, **options})


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("5", (0, 1, 2, 3, 4)), ("1", (0,)), ("3,1,12", (3, 1, 12)), ("7,", (7,)), ("0,", (0,)), (" 2 , 3 ", (2, 3))],
)
def test_seeds_are_a_count_or_a_list(text: str, seeds: tuple[int, ...]) -> None:
    """A number alone says how many; a comma makes it a list."""
    assert parse_seeds(text, default=9) == seeds


def test_seeds_have_a_default() -> None:
    """Each protocol has a number of its own."""
    assert parse_seeds(None, default=2) == (0, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", r"--seeds is 'x': give how many \(5\) or which \(0,1,12\)"),
        ("1.5", "give how many"),
        ("1;2", "give how many"),
        ("0", "--seeds is '0': at least one seed is needed; 5 are the least for a verdict"),
        ("-1", "at least one seed is needed"),
        ("", "at least one seed is needed"),
        (",", "at least one seed is needed"),
        ("1,1", "--seeds is '1,1': seeds must be different and not negative"),
        ("3000000000", "at most 10000 seeds"),
        ("-1,2", "seeds must be different and not negative"),
        (f"{FIRST_TUNING_SEED},", f"--seeds has {FIRST_TUNING_SEED}: .* chose learning rates; use lower ones"),
    ],
)
def test_seeds_that_cannot_be_used_are_refused(text: str, message: str) -> None:
    """The message has the option, the value and what to give instead."""
    with pytest.raises(SettingsError, match=message):
        parse_seeds(text, default=5)


def test_the_results_of_a_protocol_have_their_own_folder() -> None:
    """Smoke trials never stand beside real ones."""
    assert settings(protocol="smoke", results="out").results == Path("out/smoke")


@pytest.mark.parametrize(("protocol", "count"), [("smoke", 2), ("quick", 5), ("published", 5)])
def test_a_protocol_has_its_number_of_seeds(protocol: str, count: int) -> None:
    """Five are the least for a verdict; a smoke run gives none."""
    assert len(settings(protocol=protocol).seeds) == count


def test_an_unknown_protocol_gets_a_suggestion() -> None:
    """The nearest name is offered."""
    with pytest.raises(SettingsError, match="unknown protocol 'quik': did you mean 'quick'"):
        settings(protocol="quik")


def test_an_unknown_data_set_is_found_at_once() -> None:
    """Before torch is imported, and before anything is trained."""
    with pytest.raises(DataError, match="unknown data set 'cifar': did you mean 'cifar10'"):
        settings(dataset="cifar")


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (None, "add --dataset"),
        ("kmnist", "no such folder; `python -m bench tune --studies A,B --dataset kmnist` makes"),
    ],
)
def test_learning_rates_are_of_a_data_set_and_in_a_folder(dataset: str | None, message: str) -> None:
    """Those of the protocol's own data set need no option."""
    with pytest.raises(SettingsError, match=message):
        settings(learning_rates="/nowhere", dataset=dataset)


@pytest.mark.parametrize("name", ["mnist", "folder:/somewhere"])
def test_a_data_set_may_be_a_name_or_a_folder(name: str) -> None:
    """A folder is looked at when it is loaded."""
    assert settings(dataset=name).dataset == name


def test_batched_seeds_are_not_compiled() -> None:
    """A record would say that they were."""
    with pytest.raises(SettingsError, match="--batch-seeds trains nets that --compile does not reach"):
        settings(batch_seeds=True, compile=True)


@pytest.mark.parametrize("other", [{"batch_seeds": True}, {"workers": "0"}])
def test_a_cluster_trains_in_processes_of_its_nodes(other: dict[str, Any]) -> None:
    """One way to train at a time."""
    assert settings(ray="auto").ray == "auto"
    with pytest.raises(SettingsError, match="--ray trains each trial in a process on a node"):
        settings(ray="auto", **other)


@pytest.mark.parametrize(("text", "workers"), [("auto", None), ("0", 0), ("3", 3)])
def test_workers_are_a_number_or_as_many_as_suit(text: str, workers: int | None) -> None:
    """None is trained in the run's own process."""
    assert settings(workers=text).workers == workers


@pytest.mark.parametrize("text", ["-1", "two", "1.5", ""])
def test_another_number_of_workers_is_an_error(text: str) -> None:
    """With what was given, and what to give."""
    with pytest.raises(SettingsError, match=f"--workers is '{text}': give auto, or how many"):
        settings(workers=text)


@pytest.mark.parametrize("minutes", [0, -1.5, float("nan")])
def test_a_time_limit_must_be_above_0(minutes: float) -> None:
    """The message has the value."""
    with pytest.raises(SettingsError, match=f"--time-limit is {minutes:g}: it must be above 0 minutes"):
        settings(time_limit=minutes)


@pytest.mark.parametrize(("option", "studies"), [(None, ()), ("a,b", ("a", "b")), ("a,", ("a",))])
def test_studies_are_a_list(option: str | None, studies: tuple[str, ...]) -> None:
    """None means all."""
    assert settings(studies=option).studies == studies


@pytest.mark.parametrize(
    ("option", "variable", "root"),
    [("/a", "/b", Path("/a")), (None, "/b", Path("/b")), (None, "", None), ("~/a", "", Path.home() / "a")],
)
def test_the_data_root_is_the_option_or_the_variable(
    option: str | None, variable: str, root: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The option wins; ~ is the home folder."""
    monkeypatch.setenv("CONVBENCH_DATA", variable)

    assert data_root(option) == root


def test_an_unknown_precision_is_named() -> None:
    """With the right one."""
    with pytest.raises(SettingsError, match=r"unknown precision 'bf-16'.*'bf16'"):
        settings(precision="bf-16")


def test_quick_adds_seeds_for_a_while() -> None:
    """As it stands `quick` goes on until there is an answer, to the last look, for five minutes."""
    assert (settings().most_seeds, settings().added_until_minutes) == (30, 5.0)


@pytest.mark.parametrize("options", [{"seeds": "5"}, {"protocol": "smoke"}, {"protocol": "published"}])
def test_others_add_none_unless_asked(options: dict[str, str]) -> None:
    """Whoever says how many seeds gets so many; `smoke` and `published` have a number of their own."""
    assert settings(**options).most_seeds is None


def test_asked_for_seeds_have_no_limit_of_their_own() -> None:
    """With --until-verdict it is --time-limit that ends a run, or nothing."""
    asked = settings(until_verdict=20, seeds="100,101,102,103,104")

    assert (asked.most_seeds, asked.added_until_minutes) == (20, None)


@pytest.mark.parametrize(("most", "seeds"), [(4, "2"), (31, "5"), (8, "12")])
def test_seeds_until_the_verdict_are_in_range(most: int, seeds: str) -> None:
    """No fewer than the run begins with, and no more than there are looks for."""
    with pytest.raises(SettingsError, match=f"--until-verdict is {most}: give at least"):
        settings(until_verdict=most, seeds=seeds)


def test_a_time_limit_stands_in_place_of_the_five_minutes() -> None:
    """Whoever gives quick a quarter of an hour lets it add seeds for that long."""
    longer = settings(time_limit=15.0)

    assert (longer.most_seeds, longer.time_limit_minutes, longer.added_until_minutes) == (30, 15.0, None)
