"""Tests of bench.harness.training.training, against a plain PyTorch loop among others."""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from bench.harness.data.dataset import Images
from bench.harness.data.preprocess import Preprocess
from bench.harness.machine.device import Execution
from bench.harness.study.recipe import Recipe
from bench.harness.training.training import Streams, Training
from models import registry

PREPROCESS = Preprocess((0.3,), (0.6,))
LENET: Mapping[str, Any] = {"image_size": 16, "activation": "relu"}
MLP: Mapping[str, Any] = {"image_size": 16, "hidden": (8,)}
NOISY_MLP: Mapping[str, Any] = {**MLP, "normalisation": "batch", "dropout": 0.5}
PLAIN: Mapping[str, Any] = {"learning_rate": 0.01, "weight_decay": 0.01, "schedule": "cosine"}
SGD_WITH_MOMENTUM = partial(torch.optim.SGD, momentum=0.9)
MakeOptimizer = Callable[..., torch.optim.Optimizer]


@pytest.fixture
def deterministic() -> Iterator[None]:
    """Refuse operations without a deterministic form, in this test only."""
    torch.use_deterministic_algorithms(mode=True)
    yield
    torch.use_deterministic_algorithms(mode=False)


def random_images(count: int = 40) -> Images:
    """Return random 16x16 digits, the same every time."""
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, 1, 16, 16), generator=random, dtype=torch.uint8)
    return Images(images, torch.randint(0, 10, (count,), generator=random))


def training_of(
    architecture: str = "mlp",
    options: Mapping[str, Any] = MLP,
    *,
    seed: int = 3,
    deterministic: bool = False,
    **recipe: Any,  # noqa: ANN401 - any hyper-parameter
) -> Training:
    """Return a training on 40 images in batches of 16: three steps an epoch, the last of 8 images."""
    recipe = {"learning_rate": 0.05, "batch_size": 16, "epochs": 4, **recipe}
    execution = Execution("cpu", threads=1, deterministic=deterministic)
    return Training(architecture, options, Recipe(**recipe), train=random_images(), execution=execution, seed=seed)


def run(training: Training, preprocess: Preprocess = PREPROCESS) -> Training:
    """Train all epochs."""
    for _ in range(training.recipe.epochs):
        training.run_epoch(preprocess)
    return training


def batches_of(training: Training) -> list[Tensor]:
    """Train all epochs and return the batches that the net was given."""
    batches: list[Tensor] = []
    training.model.register_forward_pre_hook(lambda _, inputs: batches.append(inputs[0].clone()))
    run(training)
    return batches


def state_of(training: Training) -> dict[str, Tensor]:
    """Return copies of parameters and buffers."""
    return {name: value.clone() for name, value in training.model.state_dict().items()}


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Return whether two states have the same bits."""
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def plain_loop(training: Training, make: MakeOptimizer) -> tuple[nn.Module, list[float], list[Tensor]]:
    """Train a copy of the untrained net as PyTorch's tutorials do; return it, each step's loss and its labels."""
    recipe, (images, labels) = training.recipe, training.train
    model = registry.create("lenet5", **LENET)
    model.load_state_dict(training.model.state_dict())
    optimizer = make(model.parameters(), lr=recipe.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=3 * recipe.epochs)
    order = Streams(3).generator("order", torch.device("cpu"))
    losses, batches = [], []
    for _ in range(recipe.epochs):
        for places in torch.split(torch.randperm(len(labels), generator=order), recipe.batch_size):
            loss = nn.CrossEntropyLoss()(model((images[places] / 255 - 0.3) / 0.6), labels[places])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            batches.append(labels[places])
    return model, losses, batches


@pytest.mark.parametrize(
    ("optimizer", "plain"),
    [("sgd", SGD_WITH_MOMENTUM), ("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)],
    ids=["sgd", "adam", "adamw"],
)
def test_every_step_is_that_of_a_plain_pytorch_loop(optimizer: str, plain: MakeOptimizer) -> None:
    """On the same batches each step's loss and the final weights are those of PyTorch's own parts."""
    training = training_of("lenet5", LENET, optimizer=optimizer, **PLAIN)
    model, losses, labels = plain_loop(training, plain)
    logits: list[Tensor] = []
    training.model.register_forward_hook(lambda *arguments: logits.append(arguments[2].detach()))
    run(training)
    ours = [nn.functional.cross_entropy(*step).item() for step in zip(logits, labels, strict=True)]

    assert ours == pytest.approx(losses, rel=1e-4)
    torch.testing.assert_close(training.model.state_dict(), model.state_dict(), rtol=1e-3, atol=1e-4)


def test_an_epochs_loss_is_the_mean_over_its_images() -> None:
    """The smaller last batch weighs less."""
    training = training_of("lenet5", LENET, **PLAIN)
    _, losses, labels = plain_loop(training, SGD_WITH_MOMENTUM)
    weighted = [loss * len(batch) / 40 for loss, batch in zip(losses, labels, strict=True)]

    assert run(training).train_loss == pytest.approx([sum(weighted[i : i + 3]) for i in (0, 3, 6, 9)], rel=1e-4)


def test_an_epochs_error_is_the_share_of_wrong_answers() -> None:
    """With a learning rate of nearly 0 it is the untrained net's."""
    training = training_of("lenet5", LENET, learning_rate=1e-12)
    images, labels = training.train
    wrong = training.model(PREPROCESS(images)).argmax(dim=1) != labels

    assert run(training).train_error == [pytest.approx(wrong.float().mean().item())] * 4


def test_training_learns() -> None:
    """40 images are learnt by heart, and the curve shows it."""
    training = run(training_of("mlp", {"image_size": 16}, optimizer="adam", learning_rate=0.001, epochs=25))

    assert training.train_error[-1] < 0.1 < training.train_error[0]


@pytest.mark.parametrize(("architecture", "options"), [("mlp", NOISY_MLP), ("lenet5", LENET)])
def test_warming_up_leaves_no_trace(architecture: str, options: Mapping[str, Any]) -> None:
    """Parameters, running statistics, gradients and the optimiser's state are what they were."""
    training = training_of(architecture, options)
    before = state_of(training)
    training.warm_up(PREPROCESS)

    assert same(state_of(training), before)
    assert not training.optimizer.state
    assert all(parameter.grad is None for parameter in training.model.parameters())


def test_warming_up_draws_no_random_number() -> None:
    """Dropout, order and augmentation are those of a training without a warm-up."""
    training = training_of("mlp", NOISY_MLP)
    before = torch.get_rng_state(), training.order_random.get_state(), training.augment_random.get_state()
    training.warm_up(PREPROCESS)
    after = torch.get_rng_state(), training.order_random.get_state(), training.augment_random.get_state()

    assert all(torch.equal(*states) for states in zip(before, after, strict=True))


def test_a_training_after_a_warm_up_is_bit_for_bit_the_same() -> None:
    """Nothing that was not thought of survives the warm-up either."""
    warm, cold = (training_of("mlp", NOISY_MLP, augment=("crop",)) for _ in range(2))
    run(cold)
    torch.manual_seed(warm.streams.number("dropout"))
    warm.warm_up(PREPROCESS)
    run(warm)

    assert same(state_of(warm), state_of(cold))


@pytest.mark.usefixtures("deterministic")
@pytest.mark.parametrize(("architecture", "options"), [("mlp", NOISY_MLP), ("lenet5", LENET)])
def test_the_same_seed_gives_the_same_bits(architecture: str, options: Mapping[str, Any]) -> None:
    """Weights and curves repeat in deterministic mode, dropout and augmentation included."""
    one, other = (run(training_of(architecture, options, deterministic=True, augment=("crop",))) for _ in range(2))

    assert same(state_of(one), state_of(other))
    assert (one.train_loss, one.train_error) == (other.train_loss, other.train_error)


def test_the_random_state_before_a_training_has_no_effect() -> None:
    """A trial gives the same result alone and as the tenth of a run."""
    torch.manual_seed(1)
    one = run(training_of("mlp", NOISY_MLP))
    torch.manual_seed(2)
    other = run(training_of("mlp", NOISY_MLP))

    assert same(state_of(one), state_of(other))


def test_another_seed_gives_another_initialisation() -> None:
    """Seeds vary the initial weights."""
    assert not same(state_of(training_of(seed=1)), state_of(training_of(seed=2)))


def test_arms_see_the_same_batches() -> None:
    """Order and augmentation of a seed do not depend on the net, nor on what dropout draws."""
    arms = (("lenet5", LENET), ("mlp", NOISY_MLP))
    one, other = (batches_of(training_of(*arm, augment=("flip", "crop"))) for arm in arms)

    assert len(one) == 12
    assert all(torch.equal(*pair) for pair in zip(one, other, strict=True))


def test_another_seed_gives_other_batches() -> None:
    """Seeds vary the order."""
    one, other = (batches_of(training_of(seed=seed)) for seed in (1, 2))

    assert not torch.equal(one[0], other[0])


def test_another_seed_gives_other_augmentation() -> None:
    """Seeds vary what is done to an image, wherever it comes in the order."""
    one, other = (batches_of(training_of(seed=seed, shuffle=False, augment=("crop",))) for seed in (1, 2))

    assert not torch.equal(one[0], other[0])


def test_augmentation_leaves_the_order_alone() -> None:
    """Each has a stream of its own: an arm with augmentation sees the images in the same order."""
    arms = (batches_of(training_of(augment=augment)) for augment in ((), ("flip",)))
    plain, flipped = (torch.cat(batches).sum(dim=(1, 2, 3)) for batches in arms)

    torch.testing.assert_close(plain, flipped)


def test_streams_of_one_seed_are_different() -> None:
    """Initialisation, order, augmentation and dropout are drawn independently."""
    purposes = ("initialisation", "order", "augmentation", "dropout")

    assert len({Streams(seed).number(purpose) for seed in (0, 1) for purpose in purposes}) == 8


def test_every_image_is_trained_on_once_an_epoch_in_a_new_order() -> None:
    """An epoch is a pass over the slice."""
    training = training_of(epochs=2)
    sums = [batch.sum(dim=(1, 2, 3)) for batch in batches_of(training)]
    first, second = torch.cat(sums[:3]), torch.cat(sums[3:])

    assert [len(part) for part in sums] == [16, 16, 8] * 2
    torch.testing.assert_close(first.sort().values, second.sort().values)
    assert not torch.equal(first, second)


def test_without_shuffling_images_come_in_file_order() -> None:
    """S2's nets were trained so."""
    training = training_of(shuffle=False, epochs=1)

    assert torch.equal(torch.cat(batches_of(training)), PREPROCESS(training.train.images))


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        ("constant", [0.4] * 12),
        ("step", [0.4] * 6 + [0.04] * 3 + [0.004] * 3),
        ("cosine", [0.2 * (1 + math.cos(math.pi * step / 12)) for step in range(12)]),
    ],
)
def test_the_schedule_sets_each_steps_learning_rate(schedule: str, rates: list[float]) -> None:
    """Three steps an epoch, four epochs: the factor is that of the steps done, and 0 would be the thirteenth's."""
    training = training_of(learning_rate=0.4, schedule=schedule)
    seen: list[float] = []
    training.optimizer.register_step_pre_hook(lambda optimizer, *_: seen.append(optimizer.param_groups[0]["lr"]))
    run(training)

    assert seen == pytest.approx(rates, abs=1e-6)


def test_a_diverged_training_goes_on_to_its_last_epoch() -> None:
    """Divergence is a result: it has an error in every epoch, and None where a loss was not finite."""
    training = run(training_of("lenet5", LENET, learning_rate=1e30))

    assert training.diverged
    assert training.train_loss[-1] is None
    assert len(training.train_error) == 4


def test_a_recipe_without_a_learning_rate_is_refused() -> None:
    """The message names the command that chooses one."""
    with pytest.raises(ValueError, match=r"no learning rate: set learning_rate, or choose one with .*bench tune"):
        training_of(learning_rate=None)


def test_a_recipes_initialisation_replaces_the_nets() -> None:
    """Biases are 0 under every way of drawing but the architecture's own."""
    biases = [parameter for parameter in training_of(initialisation="xavier").model.parameters() if parameter.ndim == 1]

    assert biases
    assert not any(bias.any() for bias in biases)
