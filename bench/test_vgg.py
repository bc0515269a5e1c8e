"""Does LRN help VGG's net A, and do its sixteen layers give more than eleven?

VGG (2014, table 3) says that LRN brings nothing to net A, and trains nets at 224x224: `full`, for a GPU. Two cores
train a quarter of the channels, at CIFAR-10's own size, with one fully connected layer.
"""

from bench.harness.study import Arm, Comparison, Protocol, RunTrial, Study, recipes, vary

LRN = {"none": "net A (VGG11)", "lrn": "net A with LRN"}


def arms(width: float, head: str) -> tuple[Arm, ...]:
    """Return net A without LRN and with it, and VGG16; `head` is that of CIFAR's or of ImageNet's net."""
    vgg16 = Arm("vgg16", "VGG16", "vgg16", {"width": width, "head": head})
    return (
        *vary("vgg11", "vgg11-{normalisation}", "{normalisation}", normalisation=LRN, width=width, head=head),
        vgg16,
    )


STUDY = Study(
    name="vgg",
    question="Does LRN help VGG, and do sixteen layers give more than eleven?",
    held_fixed="width, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("lrn", "LRN in net A", "vgg11-none", ("vgg11-lrn",)),
        Comparison("depth", "layers", "vgg11-none", ("vgg16",)),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK.but({"epochs": 2}), arms(0.125, "cifar"), reduced=True),
        "published": Protocol("cifar10", recipes.S1_SMALL, arms(0.25, "cifar"), reduced=True),
        "full": Protocol("cifar10", recipes.S1, arms(1.0, "imagenet")),
    },
)


def test_vgg(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
