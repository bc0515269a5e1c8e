"""Does training in bfloat16 or TensorFloat-32 cost accuracy, and what does it gain, family by family?

Only the number format of the matrix products differs: parameters, sums in BatchNorm and LRN, loss and optimiser stay in
float32, and every answer is given in float32. A format that the device would only emulate is left out.
"""

from bench.harness.study import Arm, Comparison, Protocol, Recipe, RunTrial, Study

FORMATS = {"float32": "float32", "bf16": "bfloat16", "tf32": "TensorFloat-32"}
SMALL = {"lenet-relu": "LeNet-5 with ReLU", "convnet": "ConvNet", "alexnet32": "small AlexNet"}
LARGE = {"alexnet32": "small AlexNet", "vgg11": "VGG-11", "googlenet32": "small GoogLeNet", "resnet20": "ResNet-20"}
ADAM = Recipe(optimizer="adam", learning_rate=0.003, epochs=4, schedule="warmup-cosine")
SGD = Recipe(learning_rate=0.05, weight_decay=5e-4, batch_size=128, epochs=30, schedule="cosine")


def arms(nets: dict[str, str]) -> tuple[Arm, ...]:
    """Return an arm for each net in each number format."""
    return tuple(
        Arm(f"{net}-{name}", f"{label}, {words}", net, recipe={"precision": name})
        for net, label in nets.items()
        for name, words in FORMATS.items()
    )


STUDY = Study(
    name="precision",
    question="Does training in bfloat16 or TensorFloat-32 cost accuracy, and what does it gain?",
    held_fixed="architecture, optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=tuple(
        Comparison(net, f"number format in {label}", f"{net}-float32", (f"{net}-bf16", f"{net}-tf32"))
        for net, label in (SMALL | LARGE).items()
    ),
    protocols={"quick": Protocol("mnist-5k", ADAM, arms(SMALL)), "full": Protocol("cifar10", SGD, arms(LARGE))},
)


def test_precision(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
