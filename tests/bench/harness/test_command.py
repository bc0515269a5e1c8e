"""Tests of bench.harness.command."""

import pytest

from bench.harness.command import main_guard, parse_assignments
from bench.harness.errors import UserError
from bench.harness.study.discovery import load_studies
from models.parts.options import ModelError


def raising(error: BaseException) -> None:
    """Run a command that ends in an error."""

    @main_guard
    def command() -> None:
        raise error

    command()


@pytest.mark.parametrize("kind", [UserError, ModelError])
def test_a_users_error_is_one_line_and_exits_with_2(kind: type[Exception], capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback for what the user can mend."""
    with pytest.raises(SystemExit) as caught:
        raising(kind("no such arm"))

    assert (caught.value.code, capsys.readouterr().err) == (2, "error: no such arm\n")


def test_an_interrupt_exits_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    """As shells expect of Ctrl-C."""
    with pytest.raises(SystemExit) as caught:
        raising(KeyboardInterrupt())

    assert (caught.value.code, capsys.readouterr().err) == (130, "error: interrupted\n")


def test_a_mistake_of_ours_keeps_its_traceback() -> None:
    """A bug is not dressed up as the user's error."""
    with pytest.raises(ZeroDivisionError):
        raising(ZeroDivisionError())


def test_all_studies_of_the_folder_are_found() -> None:
    """Adding a study is adding a file."""
    assert {study.name for study in load_studies()} >= {"activation", "kernel-size", "normalisation"}


def test_studies_come_in_the_order_asked_for() -> None:
    """`a,b` are those two."""
    assert [study.name for study in load_studies("normalisation,activation")] == ["normalisation", "activation"]


def test_an_unknown_study_gets_a_suggestion() -> None:
    """The nearest name is offered."""
    with pytest.raises(UserError, match="unknown study 'normalization': did you mean 'normalisation'"):
        load_studies("normalization")


def test_values_are_python_literals_or_strings() -> None:
    """What looks like a number is one."""
    words = ["width=0.5", "hidden=(300, 100)", "activation=relu", "bias=True", "note=a=b", "rate=None", "empty="]

    assert parse_assignments(words) == {
        "width": 0.5,
        "hidden": (300, 100),
        "activation": "relu",
        "bias": True,
        "note": "a=b",
        "rate": None,
        "empty": "",
    }


@pytest.mark.parametrize("word", ["width", "=0.5", ""])
def test_a_word_that_assigns_nothing_is_refused(word: str) -> None:
    """The message shows the form."""
    with pytest.raises(UserError, match=f"'{word}' is not NAME=VALUE: write for example activation=relu"):
        parse_assignments([word])
