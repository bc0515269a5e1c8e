"""The promises of verdicts and of intervals of speeds, and how often they were kept, as Markdown."""

from collections.abc import Mapping
from typing import Any

from bench.commands.trust.simulate import table
from bench.harness.machine.environment import short_commit
from bench.harness.stats.calibration.simulation import Share


def calibration_text(content: Mapping[str, Any]) -> str:
    """Return the promises with the shares measured in each population, and what they were measured with."""
    shares = {
        population: {name: Share(**share) for name, share in by_name.items()}
        for population, by_name in content["results"].items()
    }
    conditions = (
        f"{content['studies']} studies of each kind, {content['arms']} arms, looks at "
        f"{', '.join(map(str, content['looks']))} seeds, seed {content['seed']}; {content['hardware']}, python "
        f"{content['python']}, numpy {content['numpy']}, scipy {content['scipy']}; {short_commit(content['commit'])}"
    )
    return f"{table(shares, 'pipe')}\n\n<sub>{conditions}</sub>"


def speed_check_text(content: Mapping[str, Any]) -> str:
    """Return how many intervals of identical arms' speeds hold 1, with the machine, from the file of `speed-check`."""
    from bench.commands.trust.speed_check import summary  # noqa: PLC0415 - torch

    return f"{summary(content['pairs'], content['neighbours'])}.\n\n{_machine(content)}"


def _machine(content: Mapping[str, Any]) -> str:
    where = content["environment"]
    machine = f"{where['hardware']}, {where['cores']} cores; python {where['python']}, torch {where['torch']}"
    return f"<sub>{machine}; {short_commit(where['commit'])}</sub>"
