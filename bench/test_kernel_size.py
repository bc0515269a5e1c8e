"""Are two stacked 3x3 convolutions better than one 5x5, and faster?

S0 says so of SK, which also adds BatchNorm and ReLU; S4 proposed "3x3 or smaller, 5x5 is slow" and never tried it.
"""

from bench.harness.study import Arm, Comparison, Protocol, Published, Recipe, RunTrial, Study, recipes, vary

S0 = "first 10 000 images of MNIST, 20 epochs, one run"
S4_VALUE = Published(98, "S4", "MNIST; protocol not stated, assumed Adam 0.001, batch 100, 5 epochs")


def arms(s4: dict[str, object]) -> tuple[Arm, ...]:
    """Return all arms; `s4` is what S4's ConvNets change in the protocol's recipe."""
    return (
        Arm("bn-5x5", "BN net, 5x5", "base", {"normalisation": "batch"}, published=(Published(98.17, "S0", S0),)),
        Arm("bn-3x3x2", "BN net, two 3x3", "base", {"normalisation": "batch", "kernel": "3x3x2"}),
        Arm("base", "BASE", "base", published=(Published(97.32, "S0", S0),)),
        Arm("sk", "SK", "sk", published=(Published(98.48, "S0", S0),)),
        Arm("convnet-5x5", "ConvNet, 5x5", "convnet", recipe=s4, published=(S4_VALUE,)),
        *vary("convnet", "convnet-{kernel}", "ConvNet, {kernel}", s4, kernel={"3x3": "one 3x3", "3x3x2": "two 3x3"}),
    )


STUDY = Study(
    name="kernel-size",
    question="Are two stacked 3x3 convolutions better than one 5x5, and faster?",
    held_fixed="optimiser, epochs, batch size, data order; learning rates are chosen for each arm, under `published` "
    "one is assumed for all",
    margin=0.01,
    comparisons=(
        Comparison("bn-net", "two 3x3 for each 5x5 in the BN net", "bn-5x5", ("bn-3x3x2",)),
        Comparison("s0", "S0's nets as published", "base", ("bn-5x5", "sk")),
        Comparison("convnet", "S4's ConvNet", "convnet-5x5", ("convnet-3x3", "convnet-3x3x2")),
    ),
    protocols={
        "quick": Protocol("mnist-5k", Recipe(epochs=2, schedule="cosine"), arms({})),
        "published": Protocol("mnist", recipes.S0, arms(vars(recipes.S4)), margin=0.002),
    },
)


def test_kernel_size(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
