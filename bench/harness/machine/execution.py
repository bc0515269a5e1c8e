"""A command's --device and --threads: how the nets of this process run."""

import argparse

from bench.harness.machine.clock import use_device
from bench.harness.machine.device import Execution, apply, resolve_device, resolve_threads
from bench.harness.machine.precision import check_precision


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Declare --threads."""
    parser.add_argument("--threads", default=None, type=int, help="CPU threads; default: every core")


def add_execution(parser: argparse.ArgumentParser) -> None:
    """Declare --device and --threads."""
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda or mps")
    add_threads(parser)


def chosen_execution(arguments: argparse.Namespace) -> Execution:
    """Return how nets run by a command's options; the CPU and the defaults where it has no such option.

    Raises:
        DeviceError: a device that cannot be used here, or fewer than one thread.
        PrecisionError: a number format that the device only emulates.
    """
    device, precision = resolve_device(getattr(arguments, "device", "cpu")), getattr(arguments, "precision", "float32")
    check_precision(precision, device)
    return Execution(
        device,
        resolve_threads(arguments.threads),
        deterministic=getattr(arguments, "deterministic", False),
        compiled=getattr(arguments, "compile", False),
        precision=precision,
    )


def applied_execution(arguments: argparse.Namespace) -> Execution:
    """Make this process run nets by a command's options, and its clock wait for their device; return how they run.

    Raises:
        DeviceError: a device that cannot be used here, or fewer than one thread.
    """
    execution = chosen_execution(arguments)
    apply(execution)
    use_device(execution.torch_device)
    return execution
