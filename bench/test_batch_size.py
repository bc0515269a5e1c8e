"""Does the batch size change what a net learns in the same number of epochs?

At one learning rate a larger batch takes fewer steps, each hardly better: it should learn less, and be faster.
"""

from bench.harness.study import Comparison, Protocol, RunTrial, Study, recipes, vary

ARMS = vary("sk", "{batch_size}", "batches of {batch_size}", width=0.2, batch_size=(16, 64, 256, 1024))
STUDY = Study(
    name="batch-size",
    question="Does the batch size change what a net learns in the same number of epochs?",
    held_fixed="architecture, optimiser, learning rate, epochs",
    on_request=True,
    margin=0.01,
    comparisons=(Comparison("batch-size", "batch size for SK x0.2", "64", ("16", "256", "1024")),),
    protocols={
        "quick": Protocol("mnist-5k", recipes.S0.but({"train_images": None}), ARMS),
        "published": Protocol("mnist", recipes.S0, ARMS, margin=0.002),
    },
)


def test_batch_size(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
