"""The fastest honest way to run each architecture on a device: decided by measurement, here and nowhere else.

Nothing of it changes what a net computes beyond rounding. Every choice is in the record (`execution`), and
`python -m bench.speed` measures what it gains over the plain loop.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bench.device import Execution

NARROW_SK = 0.5  # below this width SK's feature maps have a handful of channels


def execution_for(base: Execution, architecture: str, options: Mapping[str, Any]) -> Execution:
    """Return how a net is run: a session's choices with those for this architecture.

    Args:
        base: device, threads and the like.
        architecture: a registered name.
        options: every option of it.
    """
    return replace(base, memory_format=memory_format_for(architecture, options, base.device))


def memory_format_for(architecture: str, options: Mapping[str, Any], device: str) -> str:
    """Return the faster memory format for an architecture's training.

    Measured on two CPU cores, batch 64: channels_last gains 10 to 45 % for every convolutional net but SK at
    widths below a half (0.6x) and SK itself within noise. Within one comparison of a study an architecture
    keeps one format unless its width differs.
    """
    narrow = architecture == "sk" and options.get("width", 1.0) < NARROW_SK
    return "contiguous" if architecture == "mlp" or (device == "cpu" and narrow) else "channels_last"
