"""Does normalisation help AlexNet itself: LRN over all channels as S1 has it, over five as in the paper, or BatchNorm?

S1's net and recipe at 224x224 are `full`, for a GPU. Two cores train it on fewer and smaller images, for which its
first fully connected layer has 256 inputs instead of 9216. On pixels as small as S1's LRN is little more than division
by a constant: see the study lrn.
"""

from bench.harness.study import Arm, Comparison, Protocol, Published, RunTrial, Study, recipes

SMALL = recipes.S1.but({"resize": 64, "train_images": 20_000})
SMOKE = SMALL.but({"train_images": 320, "epochs": 2, "mean": None, "std": None})
S1_RUN = Published(70, "S1", "about 70 after 9 epochs at 224x224, one run")


def arms(width: int = 32, hidden: int = 4096) -> tuple[Arm, ...]:
    """Return AlexNet without normalisation, and with each; over five channels LRN has the paper's alpha."""
    size = {"width": width, "hidden": hidden}
    return (
        Arm("none", "AlexNet, no normalisation", "alexnet", {"normalisation": "none", **size}),
        Arm("lrn-all", "LRN over all channels", "alexnet", {"lrn_size": "all", **size}, published=(S1_RUN,)),
        Arm("lrn-5", "LRN over 5, as in the paper", "alexnet", {"alpha": 5e-4, **size}),
        Arm("batch", "BatchNorm", "alexnet", {"normalisation": "batch", **size}),
    )


STUDY = Study(
    name="alexnet",
    question="Does normalisation help AlexNet itself: LRN over all channels, over five, or BatchNorm?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(Comparison("normalisation", "normalisation in AlexNet", "none", ("lrn-all", "lrn-5", "batch")),),
    protocols={
        "smoke": Protocol("mnist-5k", SMOKE, arms(width=2, hidden=16), reduced=True),
        "published": Protocol("cifar10", SMALL, arms(), reduced=True),
        "full": Protocol("cifar10", recipes.S1, arms()),
    },
)


def test_alexnet(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
