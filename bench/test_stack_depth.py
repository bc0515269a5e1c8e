"""Are more stacked 3x3 convolutions better?

S4 proposes "3x3 or smaller". One, two and three of them in the place of each 5x5 see 3, 5 and 7 pixels.
"""

from bench.harness.study import Comparison, Protocol, RunTrial, Study, recipes, vary

KERNELS = {"3x3": "one 3x3", "3x3x2": "two 3x3", "3x3x3": "three 3x3", "5x5": "5x5"}
ARMS = vary("convnet", "{kernel}", "ConvNet, {kernel}", kernel=KERNELS)
STUDY = Study(
    name="stack-depth",
    question="Are more stacked 3x3 convolutions better?",
    held_fixed="channels, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(Comparison("depth", "3x3 convolutions in ConvNet", "3x3", ("3x3x2", "3x3x3", "5x5")),),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, ARMS),
        "published": Protocol("cifar10", recipes.S2, ARMS),
    },
)


def test_stack_depth(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
