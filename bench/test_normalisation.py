"""Does local response normalisation help a small AlexNet, and what does it cost?

S1 rebuilt AlexNet with LRN over ALL channels by accident, found it slow, announced a run without it and never
reported one. The paper's window is 5 channels. BatchNorm is what replaced LRN. This is the 32x32 form on mnist-5k;
the study lrn has it on CIFAR-10, the study alexnet the net itself.
"""

from bench.harness.study import Arm, Comparison, Protocol, Published, Recipe, RunTrial, Study, vary

S1 = {"lrn-all": Published(70, "S1", "CIFAR-10 at 224, 9 epochs, 'about'")}
ADAM = Recipe(optimizer="adam", batch_size=32, epochs=4, schedule="warmup-cosine")
LRN = ("alexnet32", "lrn-{lrn_size}", "LRN over {lrn_size}")
WINDOWS = {5: "5 channels", "all": "all channels"}
ARMS = (
    Arm("none", "no normalisation", "alexnet32", {"normalisation": "none"}),
    *vary(*LRN, normalisation="lrn", lrn_size=WINDOWS, published=S1),
    Arm("batch", "BatchNorm", "alexnet32", {"normalisation": "batch"}),
)
STUDY = Study(
    name="normalisation",
    question="Does local response normalisation help a small AlexNet, and what does it cost?",
    held_fixed="architecture, optimiser, epochs, batch size, data order; each arm has its own learning rate",
    margin=0.01,
    comparisons=(Comparison("normalisation", "normalisation in AlexNet", "none", ("lrn-5", "lrn-all", "batch")),),
    protocols={"quick": Protocol("mnist-5k", ADAM, ARMS)},
)


def test_normalisation(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
