"""Do more channels help, and until when?

S0 multiplies the channels of SK by 0.2 to 2 and says that more help until they overfit, from one run each. It reports
98.5 for twice the channels and 98.7 for its best epoch: the test curve shows what choosing by it gains.
"""

from bench.harness.study import Comparison, Protocol, Published, RunTrial, Study, recipes, vary

S0 = "first 10 000 images of MNIST, 20 epochs, one run"
VALUES = {0.2: 97.7, 0.5: 98.2, 1.0: 98.5, 1.5: 98.6, 2.0: 98.5}
S0_VALUES = {f"x{width:g}": Published(value, "S0", S0) for width, value in VALUES.items()}
ARMS = vary("sk", "x{width:g}", "SK, channels x {width}", width=tuple(VALUES), published=S0_VALUES)
STUDY = Study(
    name="width",
    question="Do more channels help, and until when?",
    held_fixed="architecture but for its channels, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    test_curve=True,
    margin=0.01,
    comparisons=(Comparison("width", "channels of SK", "x1", ("x0.2", "x0.5", "x1.5", "x2")),),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, ARMS),
        "published": Protocol("mnist", recipes.S0, ARMS, margin=0.002),
    },
)


def test_width(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
