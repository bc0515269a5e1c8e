"""Does momentum help?

S1 explains it and measures nothing. With momentum m a step counts 1 / (1 - m) times: at one learning rate more
momentum is also a longer step, so a large one may win for that alone.
"""

from bench.harness.study import Comparison, Protocol, RunTrial, Study, recipes, vary

ARMS = vary("sk", "{momentum}", "momentum {momentum}", width=0.2, momentum=(0.0, 0.5, 0.9, 0.99))
STUDY = Study(
    name="momentum",
    question="Does momentum help?",
    held_fixed="architecture, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(Comparison("momentum", "momentum of SGD for SK x0.2", "0.0", ("0.5", "0.9", "0.99")),),
    protocols={
        "quick": Protocol("mnist-5k", recipes.S0.but({"train_images": None}), ARMS),
        "published": Protocol("mnist", recipes.S0, ARMS, margin=0.002),
    },
)


def test_momentum(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
