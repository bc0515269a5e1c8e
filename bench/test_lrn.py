"""Does local response normalisation help by itself, and does it matter how it is done?

The window, the place before or behind the pool, and alpha: the paper's 1e-4 weighs the SUM over the window, torch's the
mean, so that the paper's is 5e-4 in torch. On a small AlexNet all are tried, on two other nets LRN or none.
"""

from bench.harness.study import Arm, Comparison, Protocol, RunTrial, Study, recipes, vary

WINDOWS = {3: "3", 5: "5", 9: "9", "all": "all"}
LRN = {"normalisation": "lrn"}
ALEXNET = (
    Arm("none", "no normalisation", "alexnet32", {"normalisation": "none"}),
    *vary("alexnet32", "lrn-{lrn_size}", "LRN over {lrn_size}", normalisation="lrn", lrn_size=WINDOWS),
    Arm("lrn-5-after", "LRN over 5, behind the pool", "alexnet32", {**LRN, "normalise": "after-pooling"}),
    Arm("lrn-5-paper", "LRN over 5, the paper's alpha", "alexnet32", {**LRN, "alpha": 5e-4}),
)
KINDS = {"none": "none", "lrn": "LRN"}
OTHERS = (
    *vary("base", "base-{normalisation}", "BASE, {normalisation}", normalisation=KINDS),
    *vary("convnet", "convnet-{normalisation}", "ConvNet, {normalisation}", normalisation=KINDS),
)
ALONE = ("lrn-3", "lrn-5", "lrn-9", "lrn-all", "lrn-5-after", "lrn-5-paper")
STUDY = Study(
    name="lrn",
    question="Does local response normalisation help by itself, and does it matter how it is done?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("alexnet", "LRN in a small AlexNet", "none", ALONE),
        Comparison("base", "LRN in BASE", "base-none", ("base-lrn",)),
        Comparison("convnet", "LRN in ConvNet", "convnet-none", ("convnet-lrn",)),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, (*ALEXNET, *OTHERS)),
        "published": Protocol("cifar10", recipes.S1_SMALL, (*ALEXNET, *OTHERS)),
    },
)


def test_lrn(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
