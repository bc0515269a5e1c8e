"""Does BatchNorm help, and does it need a learning rate of its own to?

S0 trains BASE with and without it at one rate. BatchNorm allows higher rates (Ioffe and Szegedy, 2015), so both nets
are also trained at ten times S0's: the better of each net's two rates is what can be said of the net.
"""

from bench.harness.study import Comparison, Protocol, Published, RunTrial, Study, recipes, vary

S0 = "first 10 000 images of MNIST, 20 epochs, one run"
WORDS = {"none": "BASE", "batch": "BASE with BatchNorm"}
S0_VALUES = {"none": Published(97.32, "S0", S0), "batch": Published(98.17, "S0", S0)}
BASE = vary("base", "{normalisation}", "{normalisation}", normalisation=WORDS, published=S0_VALUES)
FAST = vary("base", "{normalisation}-fast", "{normalisation}, rate x10", {"learning_rate": 0.1}, normalisation=WORDS)
SK = vary("sk", "sk-{normalisation}", "SK, {normalisation}", normalisation={"none": "none", "batch": "BatchNorm"})
STUDY = Study(
    name="batch-norm",
    question="Does BatchNorm help?",
    held_fixed="architecture, optimiser, epochs, batch size, data order, learning rate but where rates are compared",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("base", "BatchNorm in BASE", "none", ("batch",)),
        Comparison("fast", "BatchNorm in BASE at ten times the rate", "none-fast", ("batch-fast",)),
        Comparison("rate", "ten times the rate with BatchNorm", "batch", ("batch-fast",)),
        Comparison("sk", "BatchNorm in SK", "sk-none", ("sk-batch",)),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.S0.but({"train_images": None}), (*BASE, *FAST, *SK)),
        "published": Protocol("mnist", recipes.S0, (*BASE, *FAST, *SK), margin=0.002),
    },
)


def test_batch_norm(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
