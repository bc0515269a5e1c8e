"""The options of `pytest bench/`, and those that the commands share with it."""

from typing import Any, Protocol


class Group(Protocol):
    """What pytest's option groups and argparse's parsers are, under one method name."""

    def __call__(self, *names: str, **attributes: Any) -> object:  # noqa: ANN401 - argparse's own keywords
        """Declare one option."""


def add_options(add: Group) -> None:
    """Declare every option of a run."""
    add("--protocol", default="quick", help="smoke, quick (default) or published")
    add("--dataset", default=None, help="another data set than the protocol's, or folder:PATH")
    add("--seeds", default=None, metavar="N|A,B,C", help="how many seeds, or which (`7,` is seed 7 alone)")
    add("--studies", default=None, metavar="A,B", help="these studies only")
    add("--time-limit", default=None, type=float, metavar="MINUTES", help="start no trial that would end later")
    add("--workers", default=1, type=int, metavar="N", help="train N trials side by side, for accuracy and untimed")
    add("--batch-seeds", default=False, action="store_true", help="train an arm's seeds as one program, untimed (GPU)")
    add("--fresh", default=False, action="store_true", help="train again what has a record; the newest record stands")
    add_machine_options(add)


def add_machine_options(add: Group) -> None:
    """Declare the options of everything that trains."""
    add("--device", default="auto", help="auto (CUDA, else MPS, else CPU), cpu, cuda or mps")
    add("--threads", default=None, type=int, metavar="N", help="CPU threads, default: every available core")
    add("--compile", default=False, action="store_true", help="torch.compile each net: no gain was measured on a CPU")
    add("--deterministic", default=False, action="store_true", help="the same seed gives the same bits")
    add("--results", default="results", metavar="DIR", help="results go to DIR/<protocol>/, default: results")
    add_data_options(add)


def add_data_options(add: Group) -> None:
    """Declare where data sets come from."""
    add("--data-root", default=None, metavar="DIR", help="folder of the data sets, default: $CONVBENCH_DATA")
    add("--download", default=False, action="store_true", help="let torchvision fetch a missing data set")
