"""Tests of bench.harness.training.costs, against counts made by hand."""

import pytest
import torch

from bench.harness.study.recipe import Recipe, RecipeError
from bench.harness.training.costs import check_last_batch, costs
from models import registry


def options_of(architecture: str, **options: object) -> dict[str, object]:
    """Return every option of an architecture."""
    return dict(registry.resolve(architecture, options))


def test_a_linear_net_costs_two_operations_a_weight() -> None:
    """A multiply and an add are two operations; biases count as parameters only."""
    cost = costs("mlp", options_of("mlp", hidden=(100,)))

    assert cost.parameters == 784 * 100 + 100 + 100 * 10 + 10
    assert cost.mflops_per_image == pytest.approx(2 * (784 * 100 + 100 * 10) / 1e6)


def test_a_convolution_costs_its_kernel_at_every_place() -> None:
    """LeNet-5: 25 weights at 28x28x6 places, 6x25 at 10x10x16, and the fully connected layers."""
    multiplications = 25 * 6 * 28 * 28 + 6 * 25 * 16 * 10 * 10 + 400 * 120 + 120 * 84 + 84 * 10

    assert costs("lenet5", options_of("lenet5")).mflops_per_image == pytest.approx(2 * multiplications / 1e6)


def test_normalisation_costs_parameters_and_no_operations() -> None:
    """BatchNorm's are additions and multiplications that the article's counts leave out too."""
    plain, batch = (costs("base", options_of("base", normalisation=kind)) for kind in ("none", "batch"))

    assert batch.mflops_per_image == plain.mflops_per_image
    assert batch.parameters == plain.parameters + 2 * (20 + 50 + 500)


@pytest.mark.parametrize("implementation", ["banded", "torch"])
def test_lrn_costs_the_same_in_every_implementation(implementation: str) -> None:
    """The cost is LRN's own, however it is computed."""
    none = costs("alexnet32", options_of("alexnet32", normalisation="none"))

    assert costs("alexnet32", options_of("alexnet32", normalisation="lrn", lrn_implementation=implementation)) == none


def test_counting_draws_no_random_number_and_changes_no_options() -> None:
    """Costs are read in the middle of a run."""
    options, before = options_of("alexnet32"), torch.get_rng_state()
    costs("alexnet32", options)

    assert torch.equal(torch.get_rng_state(), before)
    assert options == options_of("alexnet32")


def test_a_last_batch_of_one_image_is_refused_where_the_net_normalises_over_it() -> None:
    """129 images in batches of 64 leave one, of which BatchNorm after a fully connected layer has no variance."""
    options = options_of("base", normalisation="batch")

    with pytest.raises(RecipeError, match="leaves one of 129 training images"):
        check_last_batch("base", options, Recipe(batch_size=64), 129)


@pytest.mark.parametrize(("images", "normalisation"), [(128, "batch"), (130, "batch"), (129, "none")])
def test_any_other_last_batch_is_trained_on(images: int, normalisation: str) -> None:
    """Whole batches, two images, and one image in a net that does not look at its neighbours."""
    check_last_batch("base", options_of("base", normalisation=normalisation), Recipe(batch_size=64), images)
