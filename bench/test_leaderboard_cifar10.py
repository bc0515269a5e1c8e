"""Which architecture is best on CIFAR-10, in ten minutes of one core?

Epochs are as many as one core of an Intel Xeon trains in ten minutes; a net that does not see all images once in that
time gets as many of the first ones as it sees. The second comparison has ten epochs for every small net instead.
"""

from bench.harness.study import Arm, Comparison, Protocol, RunTrial, Study, recipes

SMALL = {"mlp": 190, "lenet-relu": 115, "lenet5": 95, "base": 39, "convnet": 34, "sk": 19, "alexnet32": 22}
LARGE = {"trashnet": 6, "googlenet": 5, "resnet20": 5, "resnet56": 2, "nin": 1, "vgg11": 1}
STEM = {"resnet18": {"stem": "cifar"}}  # instead of ImageNet's, for images of 224x224
ONE_EPOCH = {"vgg16": 40_000, "resnet18": 25_000}  # of so many images
BUDGET = (
    *(Arm(net, net, net, recipe={"epochs": epochs}) for net, epochs in (SMALL | LARGE).items()),
    *(
        Arm(net, f"{net}, {images} images once", net, STEM.get(net, {}), {"epochs": 1, "train_images": images})
        for net, images in ONE_EPOCH.items()
    ),
)
ALIKE = tuple(Arm(f"{net}-10", f"{net}, 10 epochs", net, recipe={"epochs": 10}) for net in SMALL)
OTHERS = tuple(arm.name for arm in BUDGET if arm.name != "lenet-relu")
STUDY = Study(
    name="leaderboard-cifar10",
    question="Which architecture is best on CIFAR-10, in ten minutes of one core?",
    held_fixed="training time, optimiser, one learning rate and course for all (suits some nets less), batch size, "
    "augmentation",
    on_request=True,
    test_curve=True,
    margin=0.01,
    comparisons=(
        Comparison("minutes", "ten minutes of one core", "lenet-relu", OTHERS),
        Comparison("epochs", "ten epochs", "lenet-relu-10", tuple(f"{net}-10" for net in SMALL if net != "lenet-relu")),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, ALIKE),
        "published": Protocol("cifar10", recipes.LEADERBOARD.but({"augment": ("flip", "crop")}), (*BUDGET, *ALIKE)),
    },
)


def test_leaderboard_cifar10(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
