"""The five published articles whose designs and numbers the studies take up, by the names that they go by here."""

import re
from collections.abc import Iterable, Mapping

ARTICLES: Mapping[str, str] = {
    "S0": "an article that takes a MNIST CNN apart in ten questions",
    "S1": "AlexNet rebuilt on CIFAR-10",
    "S2": "exercises on MNIST and CIFAR-10",
    "S3": "LeNet to ResNet in one sitting",
    "S4": "a first convolutional net",
}


def cited(texts: Iterable[str]) -> list[str]:
    """Return a line on every article that a text names, such as `S1: AlexNet rebuilt on CIFAR-10`."""
    named = {name for text in texts for name in re.findall(r"\bS\d\b", text)}
    return [f"{name}: {what}" for name, what in ARTICLES.items() if name in named]
