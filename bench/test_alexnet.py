"""Does LRN help AlexNet itself, over all channels as S1 has it, or over five as in the paper?

S1's net and recipe at 224x224 are `full`, for a GPU. Two cores train the same net on fewer and smaller images. VGG16
stands beside it in `full`; two cores have it at 32x32, in leaderboard-cifar10.
"""

from bench.harness.study import Arm, Comparison, Protocol, Published, RunTrial, Study, recipes, vary

SMALL = recipes.S1.but({"resize": 64, "train_images": 20_000})
SMOKE = SMALL.but({"train_images": 320, "epochs": 2, "mean": None, "std": None})
LRN = ("alexnet", "lrn-{lrn_size}", "LRN over {lrn_size}")
SIZES = {"all": "all channels", 5: "5 channels"}
S1_RUN = {"lrn-all": Published(70, "S1", "about 70 after 9 epochs at 224x224, one run")}


def arms(width: int = 32, hidden: int = 4096) -> tuple[Arm, ...]:
    """Return AlexNet without LRN and with it, over all channels and over five, with torch's alpha and the paper's."""
    size = {"width": width, "hidden": hidden}
    none = Arm("none", "AlexNet without LRN", "alexnet", {"normalisation": "none", **size})
    lrn = vary(*LRN, published=S1_RUN, lrn_size=SIZES, width=width, hidden=hidden)
    return (none, *lrn, Arm("lrn-5-paper", "LRN over 5, the paper's alpha", "alexnet", {"alpha": 5e-4, **size}))


VGG16 = Arm("vgg16", "VGG16", "vgg16", recipe={"initialisation": "kaiming"})
STUDY = Study(
    name="alexnet",
    question="Does LRN help AlexNet itself, over all channels or over five?",
    held_fixed="architecture but for VGG16, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("nets", "LRN in AlexNet, and VGG16", "none", ("lrn-all", "lrn-5", "lrn-5-paper", "vgg16")),
    ),
    protocols={
        "smoke": Protocol("mnist-5k", SMOKE, arms(width=2, hidden=16), reduced=True),
        "published": Protocol("cifar10", SMALL, arms(), reduced=True),
        "full": Protocol("cifar10", recipes.S1, (*arms(), VGG16)),
    },
)


def test_alexnet(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
