"""Tests of `python -m bench`: the list of commands, their help, and names that are none."""

import re

import pytest

from bench.__main__ import main
from bench.commands.index import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_page(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It exits with 0, names the command as it is typed and begins with the summary of the list."""
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])

    usage, _, rest = capsys.readouterr().out.partition("\n\n")
    assert caught.value.code == 0
    assert usage.startswith(f"usage: python -m bench {name} ")
    assert rest[:1].isupper()
    assert " ".join(rest.split())[1:].startswith(f"{COMMANDS[name].summary[1:]}.")


def test_an_unknown_command_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line on standard error, with the exit status 2."""
    assert main(["reprot"]) == 2

    error = capsys.readouterr().err
    assert error.startswith("error: unknown command 'reprot': did you mean 'report'? known: list, ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_the_list_names_each_command_once(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With its summary, in one line that fits 100 columns."""
    assert main(words) == 0

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert all(re.fullmatch(rf"  \S+ +{re.escape(COMMANDS[line.split()[0]].summary)}", line) for line in lines)
    assert max(map(len, lines)) <= 100


def test_a_users_error_of_a_command_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The entry prints it and exits with 2, whichever command it comes from."""
    assert main(["list", "models"]) == 2

    error = capsys.readouterr().err
    assert error.startswith("error: unknown table or architecture 'models': known: architectures, studies, datasets, ")
    assert error.count("\n") == 1
