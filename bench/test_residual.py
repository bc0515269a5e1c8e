"""Do residual shortcuts let deeper nets learn, and does their form matter?

He et al. (2015): at equal depth a plain net of 56 layers is worse than one of 20, a residual one is better. Shortcut A
pads with zeros, B projects by a 1x1 convolution where the shape changes.
"""

from bench.harness.study import Arm, Comparison, Protocol, RunTrial, Study, recipes, vary

WORDS = {"none": "plain", "A": "residual, shortcut A", "B": "residual, shortcut B"}


def arms(width: int) -> tuple[Arm, ...]:
    """Return nets of 20 and 56 layers, plain and residual; the paper's width is 16."""
    return (
        *vary("resnet20", "20-{shortcut}", "20 layers, {shortcut}", width=width, shortcut=WORDS),
        *vary("resnet56", "56-{shortcut}", "56 layers, {shortcut}", width=width, shortcut=WORDS),
    )


STUDY = Study(
    name="residual",
    question="Do residual shortcuts let deeper nets learn, and does their form matter?",
    held_fixed="width, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("20", "shortcuts at 20 layers", "20-none", ("20-A", "20-B")),
        Comparison("56", "shortcuts at 56 layers", "56-none", ("56-A", "56-B")),
        Comparison("form-20", "form of the shortcut at 20 layers", "20-A", ("20-B",)),
        Comparison("form-56", "form of the shortcut at 56 layers", "56-A", ("56-B",)),
        Comparison("plain", "depth without shortcuts", "20-none", ("56-none",)),
        Comparison("depth", "depth with shortcut A", "20-A", ("56-A",)),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK.but({"epochs": 2}), arms(4)),
        "published": Protocol("cifar10", recipes.SMALL_RESNET, arms(4), reduced=True),
        "full": Protocol("cifar10", recipes.RESNET, arms(16)),
    },
)


def test_residual(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
