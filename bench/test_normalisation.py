"""Does local response normalisation help a small AlexNet, and what does it cost?

S1 rebuilt AlexNet with LRN over ALL channels by accident, found it slow, announced a run without it and never
reported one. The paper's window is 5 channels. BatchNorm is what replaced LRN.

quick: the 32x32 form on mnist-5k. published: AlexNet at 224 on CIFAR-10 (needs --data-root; hours on a GPU).
Command: pytest bench/test_normalisation.py
"""

from bench.harness.study.recipe import Recipe
from bench.harness.study.study import Arm, Comparison, Protocol, Published, RunTrial, Study

S1_FULL_WINDOW = Published(value=70.0, source="S1", note="CIFAR-10 at 224, 9 epochs, 'about'")


def arms(architecture: str) -> tuple[Arm, ...]:
    """Return the four arms for the 32x32 form or for the 224 one."""
    return (
        Arm(name="none", label="no normalisation", architecture=architecture, options={"normalisation": "none"}),
        Arm(
            name="lrn-5",
            label="LRN over 5 channels",
            architecture=architecture,
            options={"normalisation": "lrn", "lrn_size": 5},
        ),
        Arm(
            name="lrn-all",
            label="LRN over all channels",
            architecture=architecture,
            options={"normalisation": "lrn", "lrn_size": "all"},
            published=(S1_FULL_WINDOW,),
        ),
        Arm(name="batch", label="BatchNorm", architecture=architecture, options={"normalisation": "batch"}),
    )


STUDY = Study(
    name="normalisation",
    question="Does local response normalisation help a small AlexNet, and what does it cost?",
    held_fixed="architecture, optimiser, epochs, batch size, data order; each arm has its own learning rate",
    margin=0.01,
    comparisons=(
        Comparison(
            name="normalisation",
            title="normalisation in AlexNet",
            baseline="none",
            arms=("lrn-5", "lrn-all", "batch"),
        ),
    ),
    protocols={
        "quick": Protocol(
            dataset="mnist-5k",
            recipe=Recipe(optimizer="adam", batch_size=32, epochs=4, schedule="warmup-cosine"),
            arms=arms("alexnet32"),
        ),
        "published": Protocol(
            dataset="cifar10",
            recipe=Recipe(
                learning_rate=0.01,
                momentum=0.9,
                weight_decay=5e-4,
                batch_size=128,
                epochs=9,
                resize=224,
                mean=(0.4915, 0.4823, 0.4468),
                std=(1.0, 1.0, 1.0),
            ),
            arms=arms("alexnet"),
        ),
    },
)


def test_normalisation(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
