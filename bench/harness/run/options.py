"""The options of `pytest bench/`, and those that the commands share with it."""

from typing import Any, Protocol


class Group(Protocol):
    """The common form of pytest's option groups and argparse's parsers, under one method name."""

    def __call__(self, *names: str, **attributes: Any) -> object:  # noqa: ANN401 - argparse's own keywords
        """Declare one option."""


def add_options(add: Group) -> None:
    """Declare every option of a run."""
    add(
        "--protocol",
        default="quick",
        help="smoke (a few hundred images, for tests), quick (default), published (the articles' settings), or full "
        "(those that `published` reduces to what two cores train; for a GPU)",
    )
    add(
        "--dataset",
        default=None,
        help="another data set than the protocol's: a name that `python -m bench list datasets` has, or folder:PATH",
    )
    add(
        "--learning-rates",
        default=None,
        metavar="DIR",
        help="where `python -m bench tune --dataset` has put the learning rates that it chose on --dataset; default: "
        "those of the protocol's own data set",
    )
    add(
        "--seeds",
        default=None,
        metavar="N|A,B,C",
        help="how many seeds, or which (`7,` is seed 7 alone); fewer than 5 give no verdict",
    )
    add(
        "--until-verdict",
        default=None,
        nargs="?",
        const=30,
        type=int,
        metavar="MAX",
        help="add seeds to the comparisons that are open, at looks planned beforehand (5, 8, 12, 20 and 30 seeds), "
        "up to MAX an arm, 30 unless given; the default of quick, for at most 5 minutes in all, unless --seeds says "
        "otherwise",
    )
    add(
        "--studies",
        default=None,
        metavar="A,B",
        help="these studies only, or `all`; default: those not marked `on request` by `python -m bench list`",
    )
    add("--time-limit", default=None, type=float, metavar="MINUTES", help="start no trial that would end later")
    add(
        "--workers",
        default="auto",
        metavar="N",
        help="train N trials side by side, each in a process of its own; default auto: on a CPU one per core, as far "
        "as memory allows, on other devices 0, which trains in this process",
    )
    add(
        "--ray",
        default=None,
        metavar="ADDRESS",
        help="train on the Ray cluster that this machine is a node of: auto, or the head's HOST:PORT; --workers N is "
        "then the most trials side by side on a node, on GPUs those that share one",
    )
    add(
        "--batch-seeds",
        default=False,
        action="store_true",
        help="train all seeds of an arm as one program (torch.func), for GPUs that a small net cannot fill",
    )
    add(
        "--keep-stale",
        default=False,
        action="store_true",
        help="let trials count that older code has trained; tables say so",
    )
    add("--fresh", default=False, action="store_true", help="train again what has a record; the newest record stands")
    add(
        "--tensorboard",
        default=False,
        action="store_true",
        help="write logs for TensorBoard to DIR/<protocol>/tensorboard/",
    )
    add(
        "--mlflow",
        default=None,
        metavar="URI",
        help="send runs to a tracking store of MLflow, such as sqlite:///mlflow.db",
    )
    add_machine_options(add, threads=" of each trial, default: 1")


def add_machine_options(add: Group, threads: str = ", default: every core") -> None:
    """Declare the options of everything that trains; `threads` ends the help of --threads."""
    add("--device", default="auto", help="auto (CUDA, else MPS, else CPU), cpu, cuda or mps")
    add(
        "--threads",
        default=None,
        type=int,
        metavar="N",
        help=f"CPU threads{threads}",
    )
    add(
        "--compile",
        default=False,
        action="store_true",
        help="torch.compile each net, where there is a compiler; off, because nothing was gained on a CPU",
    )
    add(
        "--deterministic",
        default=False,
        action="store_true",
        help="the same seed gives the same bits on the CPU",
    )
    add(
        "--precision",
        default="float32",
        metavar="FORMAT",
        help="number format of the matrix products in training: float32 (default), bf16 or tf32, where the device has "
        "it; arms that state their own keep it, and answers are always given in float32",
    )
    add("--results", default="results", metavar="DIR", help="results go to DIR/<protocol>/, default: results")
    add_data_options(add)
    add_folder_options(add)


def add_data_options(add: Group) -> None:
    """Declare where data sets come from."""
    add(
        "--data-root",
        default=None,
        metavar="DIR",
        help="where torchvision's files are, default: $CONVBENCH_DATA",
    )
    add("--download", default=False, action="store_true", help="let torchvision fetch a missing data set")


def add_folder_options(add: Group) -> None:
    """Declare the way a folder of images is read."""
    add(
        "--image-size",
        default=None,
        type=int,
        metavar="N",
        help="side in pixels of folder:PATH's images, default: 32, 64, 96, 128 or 224, the nearest to their median",
    )
    add(
        "--fit",
        default=None,
        metavar="HOW",
        help="folder:PATH's images that are no squares: stretch (default), crop (the middle) or pad (all, with a rim)",
    )
    add(
        "--allow-duplicates",
        default=False,
        action="store_true",
        help="let the same image be in two splits of folder:PATH: accuracies are too high by it",
    )
