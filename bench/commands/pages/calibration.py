"""Shares of simulated studies that were judged rightly, as Markdown, from the file of `python -m bench simulate`."""

from collections.abc import Mapping
from typing import Any

from bench.commands.simulate import table
from bench.harness.machine.environment import short_commit
from bench.harness.stats.simulation import Share


def calibration_text(content: Mapping[str, Any]) -> str:
    """Return the promises with the shares measured in each population, and what they were measured with."""
    shares = {
        population: {name: Share(**share) for name, share in by_name.items()}
        for population, by_name in content["results"].items()
    }
    conditions = (
        f"{content['studies']} studies of each kind, {content['arms']} arms, {content['seeds_per_arm']} seeds per arm, "
        f"{content['test_images']} test images, seed {content['seed']}; {content['hardware']}, python "
        f"{content['python']}, numpy {content['numpy']}, scipy {content['scipy']}; {short_commit(content['commit'])}"
    )
    return f"{table(shares, 'pipe')}\n\n<sub>{conditions}</sub>"
