"""The recipes that the five articles trained by, as far as they say; what they leave open is assumed, and said."""

from bench.harness.study.recipe import Recipe

S0 = Recipe(learning_rate=0.01, momentum=0.5, epochs=20, train_images=10_000)
"""MNIST, the first 10 000 images, 20 epochs. Optimiser, rate, momentum and batch size are PyTorch's example's."""

S1 = Recipe(learning_rate=0.01, momentum=0.9, weight_decay=5e-4, batch_size=128, epochs=9, train_images=50_000).but(
    {"resize": 224, "mean": (0.4915, 0.4823, 0.4468), "std": (1.0, 1.0, 1.0)}
)
"""CIFAR-10 at 224x224; the article takes the mean away and leaves the standard deviation."""

S2 = Recipe(optimizer="adam", learning_rate=0.001, epochs=10, train_images=50_000)
"""CIFAR-10; the article states epochs alone: Adam, its rate and the batch size of 64 are assumed."""

S3 = Recipe(learning_rate=0.5, momentum=0.0, batch_size=100, epochs=16, train_images=60_000, mean=(0.0,), std=(1.0,))
"""MNIST in [0, 1], not normalised."""

S3_TRASHNET = Recipe(learning_rate=0.9, momentum=0.0, batch_size=100, epochs=10, train_images=50_000).but(
    {"augment": ("flip", "grayscale"), "mean": (0.5,), "std": (0.5,), "normalise_test": False}
)
"""CIFAR-10; test images are left in [0, 1]. The number of epochs is not stated: 10 are assumed, without momentum."""

S4 = Recipe(optimizer="adam", learning_rate=0.001, batch_size=100, epochs=5, train_images=60_000)
"""MNIST; the article states nothing of it: all is assumed."""

QUICK = Recipe(optimizer="adam", learning_rate=0.003, epochs=4, schedule="warmup-cosine")
"""Minutes on mnist-5k, for studies whose arms share one learning rate."""

S1_SMALL = S1.but({"resize": None, "mean": None, "std": None})
"""CIFAR-10 at its own size and normalised by its own colours, for S1's small form."""

SMALL_SGD = Recipe(learning_rate=0.01, epochs=20, train_images=50_000, batch_size=64)
"""CIFAR-10, for small nets: what the course of the rate and weight decay do shows after enough epochs."""

RESNET = Recipe(learning_rate=0.1, weight_decay=1e-4, batch_size=128, epochs=164, train_images=50_000).but(
    {"schedule": "step", "augment": ("flip", "crop")}
)
"""CIFAR-10 as in He et al. (2015, section 4.2), but for its 5000 validation images, which are trained on here."""

SMALL_RESNET = RESNET.but({"epochs": 10})
"""The same for 10 epochs."""

LEADERBOARD = Recipe(optimizer="adam", learning_rate=0.001, batch_size=128, schedule="warmup-cosine")
"""One recipe for every architecture: nets that want another rate are at a disadvantage."""
