"""Batch or layer normalisation?

S2 asks. Layer normalisation (Ba et al., 2016) takes mean and variance of one image: it needs no batch, so small batches
should not hurt it. Both at batches of 64 and of 4.
"""

from bench.harness.study import Comparison, Protocol, RunTrial, Study, recipes, vary

KINDS = {"none": "no normalisation", "batch": "BatchNorm", "layer": "layer normalisation"}
ARMS = vary(
    "sk",
    "{normalisation}-{batch_size}",
    "{normalisation}, batches of {batch_size}",
    width=0.2,
    normalisation=KINDS,
    batch_size=(64, 4),
)
STUDY = Study(
    name="layer-norm",
    question="Batch or layer normalisation?",
    held_fixed="architecture, optimiser, learning rate, epochs, data order",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("64", "normalisation at batches of 64", "batch-64", ("none-64", "layer-64")),
        Comparison("4", "normalisation at batches of 4", "batch-4", ("none-4", "layer-4")),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK.but({"epochs": 2}), ARMS),
        "published": Protocol("mnist", recipes.S0, ARMS, margin=0.002),
    },
)


def test_layer_norm(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
