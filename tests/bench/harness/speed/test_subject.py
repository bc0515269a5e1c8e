"""Tests of bench.harness.speed.subject: slices of training and of answers, each on its number of threads."""

import itertools
from collections.abc import Iterator

import pytest
import torch

from bench.harness.data.catalogue import source
from bench.harness.data.load import load
from bench.harness.machine.clock import use_device
from bench.harness.machine.device import Execution
from bench.harness.speed import subject
from bench.harness.speed.subject import BATCHES, Budget, Subject, counts_to_try, thread_counts
from bench.harness.study.discovery import load_studies
from bench.harness.study.planned import Planned, settle
from bench.harness.study.trial import resolve

BUDGET = Budget(turns=2, seconds=0.01, least_steps=2, tried_seconds=0.005)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """Give the process its threads back."""
    count = torch.get_num_threads()
    use_device(torch.device("cpu"))
    yield
    torch.set_num_threads(count)


def planned(study: str, arm: str) -> Planned:
    """Return a trial in smoke."""
    trial = resolve(load_studies(study)[0], "smoke", arm, 0, source("mnist-5k"), own_data=True)
    return settle(trial, Execution("cpu", threads=1), "")


@pytest.mark.parametrize(
    ("cores", "counts"), [(1, [1]), (2, [1, 2]), (4, [1, 2, 4]), (6, [1, 2, 4, 6]), (64, [1, 2, 4, 8, 16, 32, 64])]
)
def test_powers_of_two_and_all_cores_are_tried(cores: int, counts: list[int]) -> None:
    """No number twice."""
    assert thread_counts(cores) == counts


def test_a_number_of_threads_that_was_asked_for_is_the_only_one_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one all are, up to the cores that there are."""
    monkeypatch.setattr(subject, "available_cores", lambda: 4)

    assert counts_to_try(3) == [3]
    assert counts_to_try(None) == [1, 2, 4]


def test_a_turn_has_a_slice_of_training_and_one_of_each_inference() -> None:
    """Images a second and seconds a step agree; both batch sizes have a value."""
    subject = Subject(planned("activation", "lenet5-relu"), load("mnist-5k"), [1], BUDGET)

    first = subject.measure()

    assert first.images_per_second * first.seconds_per_step == pytest.approx(64, rel=0.2)  # an epoch's last batch has 0
    assert set(first.us_per_image) == set(BATCHES)
    assert min(first.us_per_image.values()) > 0


def test_each_loop_takes_its_fastest_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training may want two, one image one."""
    best = {"training": 2, "batch_1": 1, "batch_256": 2}

    def train(_self: Subject, _seconds: float, _least_steps: int) -> tuple[float, float]:
        return (1.0 if torch.get_num_threads() == best["training"] else 2.0), 1.0

    def answer(_self: Subject, size: int, _seconds: float) -> float:
        return 1.0 if torch.get_num_threads() == best[f"batch_{size}"] else 2.0

    monkeypatch.setattr(Subject, "train", train)
    monkeypatch.setattr(Subject, "answer", answer)

    assert Subject(planned("activation", "lenet5-relu"), load("mnist-5k"), [1, 2], BUDGET).threads == best


def test_a_lucky_try_does_not_choose_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads that are fast once, when a neighbour rests, and slow in most tries lose to one."""
    tries = itertools.count()

    def train(_self: Subject, _seconds: float, _least_steps: int) -> tuple[float, float]:
        lucky = next(tries) == 3
        return (0.5 if lucky else 4.0) if torch.get_num_threads() == 2 else 1.0, 1.0

    monkeypatch.setattr(Subject, "train", train)

    assert Subject(planned("activation", "lenet5-relu"), load("mnist-5k"), [1, 2], BUDGET).threads["training"] == 1


def test_torchs_lrn_is_a_change_of_the_same_net() -> None:
    """The arm's cost with it is measured without another trial."""
    arm, data = planned("normalisation", "lrn-5"), load("mnist-5k")

    with_torch = Subject(arm, data, [1], BUDGET, {"lrn_implementation": "torch"})

    timing = with_torch.measure_training()
    assert timing.images_per_second > 0
    assert not timing.us_per_image
