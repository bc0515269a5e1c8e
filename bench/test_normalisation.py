"""Does local response normalisation help a small AlexNet, and what does it cost?

S1 rebuilt AlexNet with LRN over ALL channels by accident, found it slow, announced a run without it and never
reported one. The paper's window is 5 channels. BatchNorm is what replaced LRN. `quick` takes the 32x32 form on
mnist-5k, `published` AlexNet at 224 on CIFAR-10 (hours on a GPU).
"""

from bench.harness.study import Arm, Comparison, Protocol, Published, Recipe, RunTrial, Study, recipes, vary

S1 = {"lrn-all": Published(70.0, "S1", "CIFAR-10 at 224, 9 epochs, 'about'")}
ADAM = Recipe(optimizer="adam", batch_size=32, epochs=4, schedule="warmup-cosine")


def arms(net: str) -> tuple[Arm, ...]:
    """Return the four arms of the 32x32 form or of the 224 one."""
    windows = {5: "5 channels", "all": "all channels"}
    return (
        Arm("none", "no normalisation", net, {"normalisation": "none"}),
        *vary(net, "lrn-{lrn_size}", "LRN over {lrn_size}", normalisation="lrn", lrn_size=windows, published=S1),
        Arm("batch", "BatchNorm", net, {"normalisation": "batch"}),
    )


STUDY = Study(
    name="normalisation",
    question="Does local response normalisation help a small AlexNet, and what does it cost?",
    held_fixed="architecture, optimiser, epochs, batch size, data order; each arm has its own learning rate",
    margin=0.01,
    comparisons=(Comparison("normalisation", "normalisation in AlexNet", "none", ("lrn-5", "lrn-all", "batch")),),
    protocols={
        "quick": Protocol("mnist-5k", ADAM, arms("alexnet32")),
        "published": Protocol("cifar10", recipes.S1, arms("alexnet")),
    },
)


def test_normalisation(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
