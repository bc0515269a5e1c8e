"""Tests of bench.harness.command."""

import argparse

import pytest

from bench.harness.command import filled, parse_assignments, start
from bench.harness.errors import UserError
from bench.harness.study.discovery import load_studies
from models.parts.options import ModelError


class Ending:
    """A command that ends in an error, or with a status."""

    def __init__(self, end: BaseException | int | None) -> None:
        self.end = end
        self.command_line = ""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Declare one option."""
        parser.add_argument("--word", default="")

    def run(self, arguments: argparse.Namespace) -> int | None:
        """Keep the command line, and end."""
        self.command_line = arguments.command_line
        if isinstance(self.end, BaseException):
            raise self.end
        return self.end


def status_of(end: BaseException | int | None) -> int:
    """Return the exit status of a command with such an end."""
    return start(Ending(end), [], name="program", description="It ends.")


@pytest.mark.parametrize("kind", [UserError, ModelError])
def test_a_users_error_is_one_line_and_exits_with_2(kind: type[Exception], capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback for what the user can mend."""
    assert (status_of(kind("no such arm")), capsys.readouterr().err) == (2, "error: no such arm\n")


def test_a_pipe_that_breaks_elsewhere_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A worker or a server that died is no reader of ours that has seen enough: a line says so."""
    end = BrokenPipeError(32, "Broken pipe")

    assert (status_of(end), capsys.readouterr().err) == (2, "error: [Errno 32] Broken pipe\n")


def test_an_interrupt_exits_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    """As shells expect of Ctrl-C."""
    assert (status_of(KeyboardInterrupt()), capsys.readouterr().err) == (130, "error: interrupted\n")


def test_a_mistake_of_ours_keeps_its_traceback() -> None:
    """A bug is not dressed up as the user's error."""
    with pytest.raises(ZeroDivisionError):
        status_of(ZeroDivisionError())


@pytest.mark.parametrize(("end", "status"), [(None, 0), (0, 0), (1, 1)])
def test_the_status_is_the_commands_own(end: int | None, status: int) -> None:
    """Without one it is 0."""
    assert status_of(end) == status


def test_a_command_knows_its_command_line() -> None:
    """As a shell would read it again."""
    command = Ending(None)

    start(command, ["--word", "two words"], name="python -m bench name", description="It ends.")

    assert command.command_line == "python -m bench name --word 'two words'"


def test_an_unknown_option_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """The message begins with the command's own name."""
    with pytest.raises(SystemExit) as caught:
        start(Ending(None), ["--wrod"], name="python -m bench name", description="It ends.")

    assert caught.value.code == 2
    assert "python -m bench name: error: unrecognized arguments: --wrod" in capsys.readouterr().err


def test_a_description_fills_lines_but_keeps_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paragraphs are wrapped to the terminal, indented lines are not."""
    monkeypatch.setenv("COLUMNS", "42")
    row = "    name      " + "x" * 60

    lines = filled(f"{'word ' * 20}\n\n{row}").splitlines()

    assert max(map(len, lines[:-1])) <= 40
    assert lines[-1] == row


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
    """A value that looks like a number is one."""
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
