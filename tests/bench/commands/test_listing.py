"""Tests of bench.commands.listing."""

from dataclasses import fields

import pytest

from bench.__main__ import main
from bench.harness.data.catalogue import SOURCES
from bench.harness.study.discovery import load_studies
from bench.harness.study.recipe import Recipe
from models import registry


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return what the command prints."""
    assert main(["list", *words]) == 0
    return capsys.readouterr().out


def test_every_architecture_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each in a row that begins with its name."""
    first_words = [
        line.split(maxsplit=1)[0] for line in printed(capsys, "architectures").splitlines() if line[0] != " "
    ]

    assert set(first_words) >= set(registry.names())


def test_costs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """LeNet-5 on MNIST's images, as published."""
    row = next(line for line in printed(capsys, "architectures").splitlines() if line.startswith("lenet5"))

    assert row.split()[1:4] == ["1x28x28", "61,706", "0.83"]


def test_every_study_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """With every protocol that it has."""
    text = printed(capsys, "studies")

    assert all(f"{study.name} " in text for study in load_studies())
    assert text.count("smoke") == len(load_studies())


def test_every_data_set_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """With what belongs where."""
    text = printed(capsys, "datasets")

    assert all(f"\n{name} " in text for name in SOURCES)
    assert "cifar-10-batches-py/" in text


def test_tables_come_in_the_order_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other."""
    text = printed(capsys, "datasets", "studies")

    assert text.index("files below the data root") < text.index("protocol")


def test_an_unknown_table_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """The message has the tables there are, and suggests what was perhaps meant."""
    assert main(["list", "lennet5"]) == 2

    error = capsys.readouterr().err
    assert "unknown table or architecture 'lennet5': did you mean 'lenet5'? known: architectures, studies" in error


@pytest.mark.parametrize("name", registry.names())
def test_every_option_is_listed_with_its_default_and_its_values(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A reader need not try a wrong one to learn the right ones."""
    lines = printed(capsys, name).splitlines()

    starts = {line.split()[0]: line.split(maxsplit=2) for line in lines[4:] if line[0] != " "}
    assert list(starts) == list(registry.describe(name).options)
    assert all(len(start) == 3 for start in starts.values())


def test_every_hyper_parameter_is_listed_with_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Those that share a line of the docstring too."""
    lines = printed(capsys, "recipe").splitlines()

    starts = {line.split()[0]: line.split(maxsplit=2) for line in lines[2:] if line[0] != " "}
    assert list(starts) == [field.name for field in fields(Recipe)]
    assert all(len(start) == 3 for start in starts.values())
    assert starts["std"][2].startswith("one value per channel")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("table", ["architectures", "studies", "datasets", "lenet5", "recipe"])
def test_a_table_fits_the_terminal(
    table: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line is wider, and no name is cut: it goes on in the next line."""
    monkeypatch.setenv("COLUMNS", str(width))

    assert max(map(len, printed(capsys, table).splitlines())) <= width
