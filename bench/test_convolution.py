"""Is a convolutional net better than a fully connected one, and is it because neighbouring pixels belong together?

S2 compares nets of about equal size, then permutes the pixels of all images in one and the same way: that leaves all
values and takes the neighbours, so the convolution should lose. S3 and S4 have larger fully connected nets beside it.
"""

from bench.harness.study import Arm, Comparison, Protocol, Published, RunTrial, Study, recipes

S3 = (Published(98.49, "S3", "MNIST, 16 epochs, one run"),)
S4 = (Published(98, "S4", "MNIST, protocol not stated, assumed"),)
SMALL, PERMUTED, S3_NET = {"hidden": (36,)}, {"permute_pixels": True}, {"hidden": (120, 84), "activation": "sigmoid"}
ARMS = (
    Arm("convnet", "ConvNet (29 034 weights)", "convnet", published=S4),
    Arm("mlp-36", "MLP of equal size (28 630)", "mlp", SMALL),
    Arm("mlp-500", "S4's MLP (397 510)", "mlp"),
    Arm("convnet-permuted", "ConvNet, permuted pixels", "convnet", PERMUTED),
    Arm("mlp-36-permuted", "MLP of equal size, permuted pixels", "mlp", SMALL | PERMUTED),
)
S3_ARMS = (
    Arm("lenet5", "LeNet-5 (61 706)", "lenet5", recipe=vars(recipes.S3), published=S3),
    Arm("mlp-sigmoid", "its MLP (105 214)", "mlp", S3_NET, vars(recipes.S3)),
)
STUDY = Study(
    name="convolution",
    question="Is a convolutional net better than a fully connected one?",
    held_fixed="optimiser, learning rate, epochs, batch size, data order",
    on_request=True,
    margin=0.01,
    comparisons=(
        Comparison("plain", "convolutional or fully connected", "convnet", ("mlp-36", "mlp-500")),
        Comparison("permuted", "the same on permuted pixels", "convnet-permuted", ("mlp-36-permuted",)),
        Comparison("s3", "S3's LeNet-5 or fully connected layers", "lenet5", ("mlp-sigmoid",)),
    ),
    protocols={
        "quick": Protocol("mnist-5k", recipes.QUICK, ARMS),
        "published": Protocol("mnist", recipes.S4, (*ARMS, *S3_ARMS), margin=0.002),
    },
)


def test_convolution(run_trial: RunTrial, arm: str, seed: int) -> None:
    """One arm, one seed: trained, timed, evaluated, recorded."""
    run_trial(STUDY, arm, seed)
