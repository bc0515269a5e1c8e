"""Does the way of drawing the first weights matter?

S3 draws LeNet-5's by Xavier; S1 skips the AlexNet paper's, N(0, 0.01) with biases of 1 in five layers, unsure of the
code. A deep net without normalisation shows the most, BASE the least.
"""

from bench.harness.study import Arm, Comparison, Protocol, RunTrial, Study, recipes, vary

WAYS = {"own": "torch's", "xavier": "Xavier", "kaiming": "Kaiming", "gaussian": "N(0, 0.01)"}
BASE = vary("base", "base-{initialisation}", "BASE, {initialisation}", initialisation=WAYS)
NAME = "alexnet-{initialisation}"
ALEXNET = (
    *vary("alexnet32", NAME, "small AlexNet, {initialisation}", normalisation="none", initialisation=WAYS),
    Arm("alexnet-paper", "small AlexNet, the paper's", "alexnet32", {"normalisation": "none", "init": "paper"}),
)
ALEXNET_WAYS = ("alexnet-xavier", "alexnet-kaiming", "alexnet-gaussian", "alexnet-paper")
STUDY = Study(
    name="initialisation",
    question="Does the way of drawing the first weights matter?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("base", "first weights of BASE", "base-own", ("base-xavier", "base-kaiming", "base-gaussian")),
        Comparison("alexnet", "first weights of a small AlexNet", "alexnet-own", ALEXNET_WAYS),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, (*BASE, *ALEXNET)),
        "published": Protocol("mnist", recipes.S0.but({"momentum": 0.9}), (*BASE, *ALEXNET), margin=0.002),
    },
)


def test_initialisation(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
