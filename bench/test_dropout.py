"""Does dropout help, and where does it belong: on the logits, as S0 printed it, or on the hidden layer?

S0 says that dropout helps BASE and hurts its BatchNorm form, from one run of each.
"""

from bench.harness.study import Arm, Comparison, Protocol, Published, RunTrial, Study, recipes

S0 = "first 10 000 images of MNIST, 20 epochs, one run"
PUBLISHED = {"base": 97.32, "base-logits": 97.69, "bn": 98.17, "bn-logits": 97.89}
NETS = {"base": ("BASE", "none"), "bn": ("BN", "batch")}
PLACES = {"": "no dropout", "-logits": "dropout on the logits", "-hidden": "dropout on the hidden layer"}
RATE = {"": 0.0, "-logits": 0.5, "-hidden": 0.5}
ARMS = tuple(
    Arm(
        f"{net}{place}",
        f"{label}, {words}",
        "base",
        {"normalisation": norm, "dropout": RATE[place], "dropout_on": place[1:] or "logits"},
        published=(Published(PUBLISHED[f"{net}{place}"], "S0", S0),) if f"{net}{place}" in PUBLISHED else (),
    )
    for net, (label, norm) in NETS.items()
    for place, words in PLACES.items()
)
STUDY = Study(
    name="dropout",
    question="Does dropout help, and where does it belong?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("base", "dropout in BASE", "base", ("base-logits", "base-hidden")),
        Comparison("bn", "dropout in BN", "bn", ("bn-logits", "bn-hidden")),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.S0.but({"train_images": None}), ARMS),
        "published": Protocol("mnist", recipes.S0, ARMS, margin=0.002),
    },
)


def test_dropout(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
