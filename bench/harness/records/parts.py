"""The objects inside a record: types by which they are read, and by which docs/record.schema.json is made."""

from typing import Any, NotRequired, Required, TypedDict

CHOSEN_ON = ", chosen on "  # behind the file of a learning rate, where the trial was run on other data
OTHER_CODE = ", chosen with other code"  # behind it, where the code that trains the arm has changed since


class ComparisonContext(TypedDict):
    """A comparison that the arm takes part in, possibly as its own baseline.

    Attributes:
        name: short, for file names.
        title: for tables and figures.
        baseline: the arm that the others are compared with.
    """

    name: str
    title: str
    baseline: str


class PublishedContext(TypedDict):
    """A number that somebody published for the arm.

    Attributes:
        value: test accuracy in percent.
        source: where it was published.
        note: in which conditions it differs from ours.
    """

    value: float
    source: str
    note: str


class Context(TypedDict):
    """The facts of the study that a table needs, so that tables can be made from records alone.

    Attributes:
        question: the question that the study asks.
        held_fixed: in words, what all arms share.
        margin: differences in test accuracy up to here count as tied.
        label: the arm's name in tables.
        order: the arm's place in tables.
        comparisons: those that the arm takes part in.
        published: numbers that others published for the arm.
        target_training_error: the training error that counts as learned; null where the study has none.
        test_curve: whether the test set is answered after every epoch; nothing is chosen by it.
        family: number of (arm, baseline) pairs the study's protocol compares; older records do not say.
    """

    question: str
    held_fixed: str
    margin: float
    label: str
    order: int
    comparisons: list[ComparisonContext]
    published: list[PublishedContext]
    target_training_error: float | None
    family: NotRequired[int]
    test_curve: NotRequired[bool]


class Curves(TypedDict):
    """One value per epoch; empty lists where there is no validation split.

    Attributes:
        train_loss: running mean over the epoch's own batches, in training mode; null where it was not finite.
        train_error: the same of the share of wrong answers.
        validation_accuracy: after the epoch.
        validation_loss: after the epoch; null where it was not finite.
        test_accuracy: after the epoch, for the curve alone; absent where the study does not ask for it.
        epoch_seconds: time of the training steps, beside whatever else was running.
    """

    train_loss: list[float | None]
    train_error: list[float]
    validation_accuracy: list[float]
    validation_loss: list[float | None]
    epoch_seconds: list[float]
    test_accuracy: NotRequired[list[float]]


class RecipeFacts(TypedDict, total=False):
    """Hyper-parameters of the training; records of other times name more or fewer of them.

    Attributes:
        optimizer: sgd, adam or adamw.
        learning_rate: at the first step; null where none was chosen yet.
        momentum: from 0 to 1, for SGD.
        weight_decay: as PyTorch defines it.
        batch_size: images per step.
        epochs: passes over the training images.
        schedule: course of the learning rate.
        first_image: place of the first training image, in file order.
        train_images: number of training images; null for all.
        augment: changes to each training batch, in this order.
        shuffle: whether each epoch had a new order.
        mean: one per channel, taken from the pixels; null for the data set's own.
        std: one per channel, dividing the pixels; null for the data set's own.
        normalise_test: whether mean and std were used on validation and test images too.
        resize: side of the square that images were scaled to; null where they were not.
        precision: number format of the matrix products where the arm states it; else absent.
        initialisation: way to draw the first weights where it is not the architecture's own; else absent.
        sort_by_class: whether the training images were sorted by class; else absent.
    """

    optimizer: str
    learning_rate: float | None
    momentum: float
    weight_decay: float
    batch_size: int
    epochs: int
    schedule: str
    first_image: int
    train_images: int | None
    augment: list[str]
    shuffle: bool
    mean: list[float] | None
    std: list[float] | None
    normalise_test: bool
    resize: int | None
    precision: str
    initialisation: str
    sort_by_class: bool


class Definition(TypedDict, total=False):
    """The choices that make the trial, but for its seed: two records with the same one are of one arm.

    Attributes:
        architecture: registered name.
        options: every option of the architecture, defaults included.
        dataset: name of the data set.
        recipe: the hyper-parameters of the training.
        learning_rate_from: file of the committed choice, and the data it was made on where the trial's are others; null
            where the study states the rate.
        code: hash of the code that decides the result; older records do not say.
    """

    architecture: str
    options: dict[str, Any]
    dataset: str
    recipe: RecipeFacts
    learning_rate_from: str | None
    code: str


class Environment(TypedDict, total=False):
    """Hardware, system and versions that the trial ran on; records of other times name more or fewer libraries.

    Attributes:
        hardware: name of the CPU, on CUDA of the GPU.
        cores: number of cores that the process might run on.
        memory_gib: memory of the machine; null where the system does not tell.
        os: name and version of the operating system.
        python: version.
        torch: version.
        torchvision: version.
        numpy: version.
        scipy: version.
        mlxtend: version.
        pytest: version.
        pytest_benchmark: version.
        openmp_spin_count: GOMP_SPINCOUNT, or `default`.
        commit: revision of the checkout, `+changes` behind it where files differed.
    """

    hardware: Required[str]
    cores: int
    memory_gib: float | None
    os: str
    python: str
    torch: Required[str]
    torchvision: str
    numpy: str
    scipy: str
    mlxtend: str
    pytest: str
    pytest_benchmark: str
    openmp_spin_count: str
    commit: str


class ExecutionFacts(TypedDict, total=False):
    """The way the net was run, beside `device`, `threads` and `deterministic`.

    Attributes:
        memory_format: contiguous or channels_last.
        compiled: whether torch.compile made the training step.
        fused_optimizer: whether the optimiser's step is one kernel.
        flush_denormal: whether the smallest numbers count as 0.
        precision: number format of the matrix products in training; answers are always given in float32.
        batched_seeds: whether the arm's seeds were trained as one program; older records do not say.
    """

    memory_format: str
    compiled: bool
    fused_optimizer: bool
    flush_denormal: bool
    precision: str
    batched_seeds: bool
