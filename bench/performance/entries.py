"""The architectures of the MNIST and CIFAR-10 leaderboards, each with the options under which it takes part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.harness.data.catalogue import source
from bench.harness.errors import UserError, unknown
from bench.harness.study.recipe import Recipe
from bench.harness.study.trial import fit_options


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An architecture on a data set.

    Attributes:
        name: the entry's name, unique on its data set; the architecture's own name where one entry suffices.
        architecture: its name in the registry.
        dataset: mnist or cifar10.
        chosen: the options that differ from the architecture's defaults.
    """

    name: str
    architecture: str
    dataset: str
    chosen: Mapping[str, Any] = field(default_factory=dict)

    def options(self, **more: object) -> dict[str, Any]:
        """Return every option of the architecture, some of them changed."""
        return fit_options(self.architecture, {**self.chosen, **more}, Recipe(), source(self.dataset))


def _entry(dataset: str, name: str, architecture: str | None = None, **chosen: object) -> Entry:
    return Entry(name=name, architecture=architecture or name, dataset=dataset, chosen=chosen)


ENTRIES = (
    _entry("mnist", "mlp"),
    _entry("mnist", "lenet5"),
    _entry("mnist", "base"),
    _entry("mnist", "base-bn", "base", normalisation="batch"),
    _entry("mnist", "sk"),
    _entry("mnist", "sk-x0.2", "sk", width=0.2),
    _entry("mnist", "convnet"),
    _entry("cifar10", "lenet-relu"),
    _entry("cifar10", "alexnet32", width=32, normalisation="none"),
    _entry("cifar10", "alexnet32-lrn", "alexnet32", width=32, normalisation="lrn"),
    _entry("cifar10", "trashnet"),
    _entry("cifar10", "nin"),
    _entry("cifar10", "vgg11"),
    _entry("cifar10", "vgg16"),
    _entry("cifar10", "googlenet32"),
    _entry("cifar10", "resnet18", stem="cifar"),
    _entry("cifar10", "resnet20"),
    _entry("cifar10", "resnet56"),
)


def entries(names: str | None = None) -> list[Entry]:
    """Return all entries, or those named `a,b`.

    Raises:
        UserError: an unknown name.
    """
    known = {entry.name: entry for entry in ENTRIES}
    wanted = names.split(",") if names else list(known)
    for name in wanted:
        if name not in known:
            raise UserError(unknown("entry of the leaderboards", name, known))
    return [known[name] for name in wanted]
