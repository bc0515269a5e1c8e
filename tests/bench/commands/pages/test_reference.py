"""Tests of bench.commands.pages.reference."""

import re

import pytest

from bench.commands.index import COMMANDS
from bench.commands.pages.reference import command_options_text, commands_table, datasets_table, options_table
from bench.harness.data.catalogue import SOURCES


def test_an_option_has_its_value_and_default() -> None:
    """The table says what to write behind an option, and what holds without it."""
    rows = [line.strip("| ").split(" | ") for line in options_table().splitlines()[2:]]
    cells = {name.strip(): default.strip() for name, default, _ in rows}

    assert cells["`--workers N`"] == "`auto`"
    assert cells["`--fresh`"] == ""
    assert r"`--seeds N\|A,B,C`" in cells, "the bar would end the cell"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_listed_once(name: str) -> None:
    """With the words of the help page."""
    assert commands_table().count(f"| `python -m bench {name}` ") == 1


@pytest.mark.parametrize("name", SOURCES)
def test_every_data_set_is_listed_with_its_sizes(name: str) -> None:
    """A row per data set, with the number of test images that an accuracy is counted over."""
    (row,) = [line for line in datasets_table().splitlines() if line.startswith(f"| `{name}` ")]

    assert f" {SOURCES[name].test_images} " in row


def test_every_commands_options_are_listed() -> None:
    """As its parser declares them: an option with its default, a place by its name."""
    text = command_options_text()

    assert [name for name in COMMANDS if f"### `python -m bench {name}`" not in text] == []
    assert re.search(r"\| `--rates A,B` +\| +\| another grid", text)
    assert re.search(r"\| `--dataset DATASET` +\| `mnist-5k` ", text)
    assert re.search(r"\| `CHECKPOINT` +\| +\| a \.safetensors file", text)
