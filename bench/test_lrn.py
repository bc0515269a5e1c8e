"""Does local response normalisation help by itself, and does it matter how it is done?

LRN divides by (k + alpha x mean square)^0.75. The paper's alpha, 1e-4 of a SUM of five (5e-4 of torch's mean), is for
pixels of 0 to 255; normalised colours are some 64 times smaller, so that little but the constant is left of it: one
arm has alpha 0, one 64^2 times the paper's. ConvNet has LRN before its ReLU, BASE behind layers that have none.
"""

from bench.harness.study import Arm, Comparison, Protocol, RunTrial, Study, recipes, vary

LRN, WINDOWS = {"normalisation": "lrn"}, {3: "3", 5: "5", 9: "9", "all": "all"}
ALEXNET = (
    Arm("none", "no normalisation", "alexnet32", {"normalisation": "none"}),
    *vary("alexnet32", "lrn-{lrn_size}", "LRN over {lrn_size}", normalisation="lrn", lrn_size=WINDOWS),
    Arm("lrn-5-after", "LRN over 5, behind the pool", "alexnet32", {**LRN, "normalise": "after-pooling"}),
    Arm("lrn-5-paper", "LRN over 5, the paper's alpha", "alexnet32", {**LRN, "alpha": 5e-4}),
    Arm("lrn-5-scaled", "LRN over 5, alpha scaled to our colours", "alexnet32", {**LRN, "alpha": 2.0}),
    Arm("constant", "LRN's constant alone, alpha 0", "alexnet32", {**LRN, "alpha": 0.0}),
)
KINDS = {"none": "none", "lrn": "LRN"}
BASE = vary("base", "base-{normalisation}", "BASE, {normalisation}", normalisation=KINDS)
CONVNET = vary("convnet", "convnet-{normalisation}", "ConvNet, {normalisation}", normalisation=KINDS)
ALPHAS, FORMS = ("lrn-5", "lrn-5-paper", "lrn-5-scaled"), ("lrn-3", "lrn-9", "lrn-all", "lrn-5-after")
STUDY = Study(
    name="lrn",
    question="Does local response normalisation help by itself, and does it matter how it is done?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("alexnet", "LRN in a small AlexNet", "none", (*FORMS, *ALPHAS, "constant")),
        Comparison("alpha", "LRN beyond its constant", "constant", ALPHAS),
        Comparison("base", "LRN in BASE", "base-none", ("base-lrn",)),
        Comparison("convnet", "LRN in ConvNet", "convnet-none", ("convnet-lrn",)),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, (*ALEXNET, *BASE, *CONVNET)),
        "published": Protocol("cifar10", recipes.S1_SMALL, (*ALEXNET, *BASE, *CONVNET)),
    },
)


def test_lrn(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
