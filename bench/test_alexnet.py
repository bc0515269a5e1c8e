"""Does normalisation help AlexNet itself: LRN over all channels as S1 has it, over five as in the paper, or BatchNorm?

S1's net and recipe at 224x224 are `full`, for a GPU. Two cores train it on fewer and smaller images, for which its
first fully connected layer has 256 inputs instead of 9216.
"""

from bench.harness.study import Arm, Comparison, Protocol, Published, RunTrial, Study, recipes, vary

SMALL = recipes.S1.but({"resize": 64, "train_images": 20_000})
SMOKE = SMALL.but({"train_images": 320, "epochs": 2, "mean": None, "std": None})
LRN = ("alexnet", "lrn-{lrn_size}", "LRN over {lrn_size}")
SIZES = {"all": "all channels", 5: "5 channels"}
S1_RUN = {"lrn-all": Published(70, "S1", "about 70 after 9 epochs at 224x224, one run")}


def arms(width: int = 32, hidden: int = 4096) -> tuple[Arm, ...]:
    """Return AlexNet without normalisation, and with each: LRN also with the paper's alpha, 1e-4 of a sum of five."""
    size = {"width": width, "hidden": hidden}
    none = Arm("none", "AlexNet, no normalisation", "alexnet", {"normalisation": "none", **size})
    lrn = vary(*LRN, published=S1_RUN, lrn_size=SIZES, width=width, hidden=hidden)
    paper = Arm("lrn-5-paper", "LRN over 5, the paper's alpha", "alexnet", {"alpha": 5e-4, **size})
    return (none, *lrn, paper, Arm("batch", "BatchNorm", "alexnet", {"normalisation": "batch", **size}))


STUDY = Study(
    name="alexnet",
    question="Does normalisation help AlexNet itself: LRN over all channels, over five, or BatchNorm?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("normalisation", "normalisation in AlexNet", "none", ("lrn-all", "lrn-5", "lrn-5-paper", "batch")),
    ),
    protocols={
        "smoke": Protocol("mnist-5k", SMOKE, arms(width=2, hidden=16), reduced=True),
        "published": Protocol("cifar10", SMALL, arms(), reduced=True),
        "full": Protocol("cifar10", recipes.S1, arms()),
    },
)


def test_alexnet(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
