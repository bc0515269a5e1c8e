"""Tests of bench.commands.listing."""

import pytest

from bench.__main__ import main
from bench.harness.data.catalogue import SOURCES
from bench.harness.study.discovery import load_studies
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
    """The message has the tables there are."""
    assert main(["list", "models"]) == 2
    assert "unknown table 'models': choose from architectures, studies, datasets" in capsys.readouterr().err


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("table", ["architectures", "studies", "datasets"])
def test_a_table_fits_the_terminal(
    table: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line is wider, and no name is cut: it goes on in the next line."""
    monkeypatch.setenv("COLUMNS", str(width))

    assert max(map(len, printed(capsys, table).splitlines())) <= width
