"""The five published articles whose designs and numbers the studies take up, by the names that they go by here."""

import re
from collections.abc import Iterable, Mapping

ARTICLES: Mapping[str, str] = {
    "S0": "takes a MNIST CNN apart in ten questions (利用Pytorch进行CNN详细剖析, TechWeb)",
    "S1": "AlexNet rebuilt on CIFAR-10 (CNN基础论文复现----AlexNet, part 2 of 2, a blog)",
    "S2": "exercises on MNIST and CIFAR-10 (lab notes of July 2023, parts 代码练习 and 问题总结)",
    "S3": "LeNet to ResNet in one sitting (notes 卷积神经网络, with a run of 2 March 2022)",
    "S4": "a first convolutional net (Pytorch神器(6) by 高扬, 26 April 2018)",
}


def cited(texts: Iterable[str]) -> list[str]:
    """Return a line on every article that a text names, such as `S1: AlexNet rebuilt on CIFAR-10 (...)`."""
    named = {name for text in texts for name in re.findall(r"\bS\d\b", text)}
    return [f"{name}: {what}" for name, what in ARTICLES.items() if name in named]
