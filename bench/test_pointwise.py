"""Is a 1x1 convolution the same as a fully connected layer?

S2 asks. A 1x1 convolution to one map a class, then the average, and the average of every map, then a fully connected
layer, are the same function, since both steps are linear: accuracy should not differ, speed may. ConvNet's own head
is a fully connected layer of all pixels of all maps.
"""

from bench.harness.study import Comparison, Protocol, RunTrial, Study, recipes, vary

WORDS = {
    "average-linear": "average, then fully connected",
    "conv1x1": "1x1 convolution, then average",
    "linear": "fully connected over all pixels",
}
ARMS = vary("convnet", "{head}", "{head}", head=WORDS)
STUDY = Study(
    name="pointwise",
    question="Is a 1x1 convolution the same as a fully connected layer?",
    held_fixed="the layers before, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(Comparison("head", "last layer of ConvNet", "average-linear", ("conv1x1", "linear")),),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, ARMS),
        "published": Protocol("mnist", recipes.S4, ARMS, margin=0.002),
    },
)


def test_pointwise(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
