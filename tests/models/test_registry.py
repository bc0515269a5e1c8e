"""Tests of the registry, and of every architecture in it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from models.parts.options import BadOptionError, Count
from models.registry import (
    Registry,
    UnknownArchitectureError,
    UnknownOptionError,
    create,
    describe,
    names,
    resolve,
)

Small = tuple[str, dict[str, object]]

FAMILIES = {
    *("mlp", "lenet5", "lenet-relu", "base", "sk", "convnet", "alexnet", "alexnet32", "vgg11", "vgg16"),
    *("nin", "googlenet", "googlenet32", "trashnet", "resnet18", "resnet20", "resnet56"),
}
NOT_FOR_DIGITS = {"alexnet"}  # an 11x11 kernel of stride 4 and three pools need 63 pixels


class Tiny(nn.Linear):
    """Summary line.

    The rest.
    """

    def __init__(self, *, channels: Count = 1, classes: Count = 10, image_size: Count = 8, wide: bool = False) -> None:
        super().__init__(channels * image_size**2 * (1 + wide), classes)


@pytest.fixture
def registry() -> Registry:
    """A registry of one architecture, so that no test writes to the shared one."""
    registry = Registry()
    registry.register("tiny", source="a paper", image_size=4)(Tiny)
    return registry


def test_every_family_is_registered() -> None:
    """Every architecture that the articles name can be created."""
    assert set(names()) >= FAMILIES


def test_names_are_sorted() -> None:
    """The names come in alphabetical order."""
    assert list(names()) == sorted(names())


def test_logits_have_one_column_a_class(small: Small, images: Callable[[str], Tensor]) -> None:
    """Two images give two rows of as many logits as there are classes."""
    name, options = small
    logits = create(name, **options, classes=7)(images(name))

    assert logits.shape == (2, 7)


def test_gradients_reach_every_parameter(small: Small, images: Callable[[str], Tensor]) -> None:
    """Every parameter has a part in the logits and can learn from the first step on."""
    name, options = small
    model = create(name, **options)
    model(images(name)).square().sum().backward()
    untouched = [key for key, leaf in model.named_parameters() if leaf.grad is None or not leaf.grad.any()]

    assert untouched == []


def test_evaluation_is_deterministic(small: Small, images: Callable[[str], Tensor]) -> None:
    """In evaluation mode the same images give the same logits twice."""
    name, options = small
    model, batch = create(name, **options).eval(), images(name)

    assert torch.equal(model(batch), model(batch))


def test_channels_last_gives_the_same_logits(small: Small, images: Callable[[str], Tensor]) -> None:
    """The memory format of the images changes nothing but rounding."""
    name, options = small
    model, batch = create(name, **options).eval(), images(name)
    expected = model(batch)
    logits = model.to(memory_format=torch.channels_last)(batch.to(memory_format=torch.channels_last))

    torch.testing.assert_close(logits, expected, rtol=1e-3, atol=1e-4)


def test_the_same_seed_gives_the_same_weights(small: Small) -> None:
    """Initial weights depend on torch's seed only."""
    name, options = small
    torch.manual_seed(3)
    first = create(name, **options)
    torch.manual_seed(3)
    second = create(name, **options)

    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_takes_a_digit_or_says_what_it_takes(small: Small) -> None:
    """A 28x28 digit gives logits, or an error that has the smallest size that works."""
    name, options = small
    if name in NOT_FOR_DIGITS:
        with pytest.raises(BadOptionError, match=r"28 is too small.* smallest that works is 63"):
            create(name, **options, channels=1, image_size=28)
        return
    model = create(name, **options, channels=1, image_size=28)

    assert model(torch.randn(2, 1, 28, 28)).shape == (2, 10)


def test_options_can_be_recorded(small: Small) -> None:
    """Every option survives JSON and comes back as the value that was resolved."""
    name, options = small
    resolved = resolve(name, options)

    assert resolve(name, json.loads(json.dumps(resolved))) == resolved


def test_architecture_is_documented(small: Small) -> None:
    """Every architecture has a one-line summary that ends in a full stop, and a docstring of its own."""
    assert describe(small[0]).summary.endswith(".")
    assert describe(small[0]).constructor.__doc__


def test_architecture_has_a_source(small: Small) -> None:
    """Every architecture says which paper or article it comes from."""
    assert describe(small[0]).source


def test_defaults_lie_within_their_options(small: Small) -> None:
    """No default value would be refused if a caller gave it."""
    name, _ = small

    assert resolve(name, describe(name).options) == describe(name).options


def test_registered_default_replaces_the_constructors(registry: Registry) -> None:
    """A default given at registration is what the name is built with."""
    assert registry.describe("tiny").input_shape == (1, 4, 4)


def test_one_class_may_carry_two_names(registry: Registry) -> None:
    """The same class is built with each name's own defaults."""
    registry.register("tiny-wide", source="a paper", image_size=4, wide=True)(Tiny)
    built = [registry.create(name) for name in ("tiny", "tiny-wide")]

    assert [model.in_features for model in built] == [16, 32]


def test_a_function_can_be_registered(registry: Registry) -> None:
    """A function that returns a module is an architecture as well."""

    @registry.register("function", source="a paper")
    def build(*, channels: Count = 1, classes: Count = 2, image_size: Count = 3) -> nn.Module:
        """Build it."""
        return nn.Linear(channels * image_size, classes)

    assert isinstance(registry.create("function"), nn.Linear)


def test_describe_gives_summary_and_source(registry: Registry) -> None:
    """The summary is the docstring's first line."""
    tiny = registry.describe("tiny")

    assert (tiny.summary, tiny.source) == ("Summary line.", "a paper")


def test_duplicate_name_names_both_owners(registry: Registry) -> None:
    """The second registration of a name says who has it already."""

    class Other(Tiny):
        """Another."""

    with pytest.raises(ValueError, match=r"'tiny' is registered twice: by .*Tiny and by .*Other"):
        registry.register("tiny", source="another paper")(Other)


def test_constructor_without_image_size_is_refused(registry: Registry) -> None:
    """An architecture that does not take what every architecture takes is refused by name."""

    def build(*, channels: int = 1, classes: int = 1) -> nn.Module:
        return nn.Linear(channels, classes)

    with pytest.raises(ValueError, match="'odd': its constructor takes no option 'image_size'"):
        registry.register("odd", source="a paper")(build)


def test_unknown_default_is_refused(registry: Registry) -> None:
    """A default for an option that the constructor lacks is a mistake in the registration."""
    with pytest.raises(ValueError, match="'odd': its constructor takes no option 'depth'"):
        registry.register("odd", source="a paper", depth=3)(Tiny)


def test_positional_option_is_refused(registry: Registry) -> None:
    """Options are recorded by name, so a constructor takes them by name only."""

    def build(channels: int = 1, *, classes: int = 1, image_size: int = 1) -> nn.Module:
        return nn.Linear(channels * image_size, classes)

    with pytest.raises(ValueError, match="'channels' must be a keyword-only option with a default"):
        registry.register("odd", source="a paper")(build)


def test_unknown_architecture_suggests_the_nearest() -> None:
    """A misspelt name gets the name that was probably meant, and all names."""
    message = "unknown architecture 'lenet6': did you mean 'lenet5'\\? known: alexnet, .*vgg16"
    with pytest.raises(UnknownArchitectureError, match=message):
        create("lenet6")


def test_unknown_option_suggests_the_nearest() -> None:
    """A misspelt option gets the one that was probably meant, and all options of the net."""
    message = "unknown option 'activaton' of architecture 'lenet5': did you mean 'activation'\\? known: .*pooling"
    with pytest.raises(UnknownOptionError, match=message):
        create("lenet5", activaton="relu")


def test_bad_choice_lists_the_choices() -> None:
    """A value outside an option's choices is named with the option and the choices."""
    message = "'lenet5': option 'pooling': got 'maximum', expected one of 'max', 'average'"
    with pytest.raises(BadOptionError, match=message):
        create("lenet5", pooling="maximum")


def test_too_small_an_image_names_the_smallest_that_works() -> None:
    """A net whose maps shrink to nothing says from which size on it works."""
    with pytest.raises(BadOptionError, match=r"'lenet5'.*: 7 is too small.*smallest that works is 12"):
        create("lenet5", image_size=7)


def test_the_smallest_image_that_works_works() -> None:
    """The size that the message names builds a net that runs."""
    model = create("lenet5", image_size=12)

    assert model(torch.zeros(2, 1, 12, 12)).shape == (2, 10)


def test_a_file_in_the_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Adding a file adds its architectures: nothing else names them."""
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo" / "__init__.py").write_text(
        "from models.registry import Registry\nregistry = Registry(folder='zoo')\n"
    )
    (tmp_path / "zoo" / "net.py").write_text(
        "from zoo import registry\nfrom torch import nn\n"
        "@registry.register('net', source='a paper')\n"
        "def build(*, channels: int = 1, classes: int = 1, image_size: int = 1) -> nn.Module:\n"
        "    return nn.Linear(channels, classes)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import zoo  # type: ignore[import-not-found]  # noqa: PLC0415  # it exists since a line ago

    names = zoo.registry.names()
    for module in ("zoo", "zoo.net"):
        monkeypatch.delitem(sys.modules, module)

    assert names == ("net",)
