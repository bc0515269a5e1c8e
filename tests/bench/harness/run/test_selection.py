"""Tests of bench.harness.run.selection: the studies and arms of a run, and what is said of those left out."""

import argparse

import pytest

from bench.harness.run import selection
from bench.harness.run.options import add_options
from bench.harness.run.selection import left_out, select
from bench.harness.run.settings import Settings
from bench.harness.study.discovery import load_studies

PRECISION = load_studies("precision")[0]
NORMALISATION = load_studies("normalisation")[0]
KNOWN = {study.name: study for study in (PRECISION, NORMALISATION)}
FORBIDDEN = "it is not to be asked"


@pytest.fixture
def has(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the number formats that the device has, to be added to."""
    formats = {"float32"}
    monkeypatch.setattr(
        selection, "why_emulated", lambda name, device: "" if name in formats else f"{device} emulates {name}"
    )
    return formats


def forbidden() -> str:
    """Stand for the question after the device, which takes seconds."""
    raise AssertionError(FORBIDDEN)


def test_a_study_that_states_no_format_asks_for_no_device() -> None:
    """Nothing of it is left out."""
    assert left_out(NORMALISATION, "quick", forbidden) == (frozenset(), "")


def test_where_all_formats_are_emulated_the_study_is_left_out(has: set[str]) -> None:
    """Float32 alone has nothing to be compared with; one line says why."""
    out = left_out(PRECISION, "quick", lambda: "cpu")

    assert has == {"float32"}
    assert out.arms == set(PRECISION.arm_names("quick"))
    assert out.line == "study 'precision': all of it left out: bf16: cpu emulates bf16; tf32: cpu emulates tf32"


def test_an_emulated_format_is_left_out_by_name(has: set[str]) -> None:
    """The others are compared with float32."""
    has.add("bf16")

    out = left_out(PRECISION, "quick", lambda: "cpu")

    assert out.arms == {"lenet-relu-tf32", "convnet-tf32", "alexnet32-tf32"}
    assert out.line.endswith("arms lenet-relu-tf32, convnet-tf32, alexnet32-tf32 left out: tf32: cpu emulates tf32")


def test_a_device_that_has_all_runs_all(has: set[str]) -> None:
    """Without a word."""
    has.update(("bf16", "tf32"))

    assert left_out(PRECISION, "published", lambda: "cuda") == (frozenset(), "")


def settings(*words: str) -> Settings:
    """Return the settings of a command line."""
    parser = argparse.ArgumentParser()
    add_options(parser.add_argument)
    return Settings.from_options(vars(parser.parse_args(words)))


def test_nothing_is_asked_where_nothing_is_run() -> None:
    """A listing shows every arm."""
    selected = select(KNOWN, settings("--studies", "precision"), None)

    assert selected.arms["precision"] == set(PRECISION.arm_names("quick"))
    assert selected.lines == ()


def test_only_the_studies_that_were_asked_for_are_run() -> None:
    """The others are no matter of a line."""
    assert list(select(KNOWN, settings("--studies", "normalisation"), forbidden).arms) == ["normalisation"]


def test_an_emulated_study_is_a_line_and_has_no_arm(has: set[str]) -> None:
    """The others are run."""
    selected = select(KNOWN, settings("--studies", "precision,normalisation"), lambda: "cpu")

    assert has == {"float32"}
    assert selected.arms["precision"] == set()
    assert selected.arms["normalisation"] == set(NORMALISATION.arm_names("quick"))
    assert len(selected.lines) == 1


def test_a_study_on_request_waits_for_it() -> None:
    """Unless it is named it is not run, and nobody is told that it is not."""
    selected = select(KNOWN, settings(), forbidden)

    assert (list(selected.arms), selected.lines) == (["normalisation"], ())


def test_a_protocol_that_no_study_has_by_itself_names_those_that_have_it() -> None:
    """Both wait for a request."""
    known = {study.name: study for study in load_studies()}
    (*_, last) = select(known, settings("--protocol", "full"), forbidden).lines

    assert last == "protocol 'full' is run by --studies alexnet,precision,residual,vgg"


def test_all_studies_are_run_where_all_are_asked_for() -> None:
    """Those that wait for a request among them; no study may be called `all`."""
    assert set(select(KNOWN, settings("--studies", "all"), lambda: "cpu").arms) == set(KNOWN)
