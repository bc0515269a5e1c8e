"""The fastest honest way to run each architecture on a device: decided by measurement, here and nowhere else.

Nothing of it changes what a net computes beyond rounding. Every choice is in the record (`execution`), and
`python -m bench speed` measures what all of it gains over the plain loop. Fused optimisers and the flushing of
denormals are defaults of `device.Execution`, the allocator's setting is `allocator.keep_freed_memory`.

Tried and left out, because nothing was gained on two CPU cores at batch 64 (medians of four turns, one run):
torch.compile of the whole net (SK 1.04x, BASE 0.85x, ConvNet 0.87x, LeNet-5 0.89x, SK x0.2 0.92x, TrashNet 0.98x, the
small AlexNet with LRN 1.00x, after 5 to 16 s of compiling) or of LRN alone (1.03x, 6 s); LRN in pieces that fit into
the cache (0.83 to 0.92x). `--compile` is there for who finds otherwise.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bench.harness.machine.device import Execution

RESIDUAL = ("resnet18", "resnet20", "resnet56")
NARROW_SK = 0.5  # below this width SK's feature maps have a handful of channels
NARROW_RESNET = 8  # channels; below, torch 2.14 on a CPU with AVX2 alone overwrites memory (see memory_format_for)


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

    Measured on two CPU cores, batch 64: channels_last gains 10 to 55 % for every convolutional net but SK at widths
    below a half (0.7x). Within one comparison of a study an architecture keeps one format unless its width differs.

    Residual nets of fewer than 8 channels are contiguous because of a fault in torch 2.14.1 on a processor with AVX2
    and without AVX-512: the backward pass of a 1x1 convolution with stride 2, as in shortcut B, in channels_last with
    so few channels writes beyond its memory. Seen as `free(): invalid next size` and as a crash for 2, 5, 4 and 7
    channels of 28x28 and other sizes; not in 42 cases from 8 to 24 channels, nor in contiguous.
    """
    narrow = {
        "sk": options.get("width", 1.0) < NARROW_SK,
        **dict.fromkeys(RESIDUAL, options.get("width", NARROW_RESNET) < NARROW_RESNET),
    }
    return "contiguous" if architecture == "mlp" or (device == "cpu" and narrow.get(architecture)) else "channels_last"
