"""One version of a model, loaded: its session, the batch sizes it is run at, and its answers."""

import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from export.repository.agreement import disagreements
from export.repository.golden import Answers, Pixels, allowed_tolerances, golden_problems, open_session, read_golden
from export.repository.layout import INPUT, LABELS, MODEL, OUTPUTS, RepositoryError, check_sums, read_card, read_text
from images.look import Range, range_of
from serve.errors import RequestError
from serve.inference.model_config import ModelConfig

TIMED_RUNS, TIMED_SECONDS = 5, 0.2  # of a batch size: whichever comes first
RISE, FALL = 0.5, 0.05  # shares of a new measurement in the moving average, upwards and downwards
RUN_OVERHEAD = 2e-5  # seconds a batch that the server takes beside the run
NEARLY_MOST = 0.95  # of the images a second that batches without end would give


@dataclass
class Pace:
    """The factor by which a version's runs take longer now than when it was loaded, alone: a moving average.

    It begins high: beside other runs and the clients everything takes longer, and whoever is admitted must be in time.
    """

    slowness: float = 1.5

    def learn(self, ratio: float) -> None:
        """Take a run's seconds over those expected: slow ones count at once, fast ones little by little."""
        self.slowness += (RISE if ratio > self.slowness else FALL) * (ratio - self.slowness)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version that may be served.

    Attributes:
        name, number: name of the model and number of the version.
        config: configuration of the model.
        card: the model's card: its origin, and how it was judged.
        labels: names of the classes, in the order of the logits.
        sizes: batch sizes that it is run at, ascending; an image's answer is the same at each, to the bit.
        seconds: time that a run takes, by batch size.
        session: onnxruntime's session.
        examples: golden images, of its data set's test images.
        look: the range in which their looks are.
        bytes: size of the file.
        pace: pace of its runs at present.
    """

    name: str
    number: int
    config: ModelConfig
    card: dict[str, Any]
    labels: tuple[str, ...]
    sizes: tuple[int, ...]
    seconds: dict[int, float]
    session: onnxruntime.InferenceSession
    examples: Pixels
    look: Range
    bytes: int = 0
    pace: Pace = field(default_factory=Pace)

    @property
    def largest(self) -> int:
        """Images that one run may have."""
        return self.sizes[-1]

    def size_for(self, images: int) -> int:
        """Return the batch size at which so many images are run."""
        return self.sizes[min(bisect_left(self.sizes, images), len(self.sizes) - 1)]

    def expected_seconds(self, images: int) -> float:
        """Return how long so many images take, one run after the other where they are too many for one."""
        whole, rest = divmod(images, self.largest)
        return whole * self.seconds[self.largest] + (self.seconds[self.size_for(rest)] if rest else 0.0)

    def worth_running(self, waiting: int) -> int:
        """Return how many of the images that wait should run now: as many as give the most images a second.

        36 images run as 32 and leave 4 to the next batch where 48 or 64 would take longer for each of them.
        """
        best = max(self.sizes, key=lambda size: min(size, waiting) / (self.seconds[size] + RUN_OVERHEAD))
        return min(best, waiting)

    def run(self, images: Pixels) -> Answers:
        """Return the answers on (n, channels, height, width), n at most `largest`; padded to a fixed batch size."""
        count, size = len(images), self.size_for(len(images))
        if count < size:
            padded = np.zeros((size, *images.shape[1:]), np.uint8)
            padded[:count] = images
            images = padded
        logits, probabilities = self.session.run(OUTPUTS, {INPUT: images})
        return Answers(logits[:count], probabilities[:count])


def load_version(model: Path, number: int, config: ModelConfig, *, threads: int, device: str = "cpu") -> Version:
    """Return a version whose files match their sums and whose golden images get their golden answers here.

    Args:
        model: its folder.
        number: number of the version.
        config: configuration of the model.
        threads: within one run.
        device: cpu or cuda; there is no silent fallback.

    Raises:
        RepositoryError: the version must not be served; the message says why.
    """
    folder = model / str(number)
    check_sums(folder)
    card = read_card(folder)
    labels = tuple(read_text(model / LABELS).splitlines())
    session = open_session(folder / MODEL, threads, device=device)
    images, golden = read_golden(folder, config.dims)
    classes = set(config.outputs.values()) | {golden.logits.shape[-1]}
    if classes != {len(labels)}:
        raise RepositoryError(
            f"{model / LABELS} has {len(labels)} labels for {sorted(classes)} classes: export it again"
        )
    problems = disagreements(labels, card, session.get_modelmeta().custom_metadata_map) or golden_problems(
        Answers(*session.run(OUTPUTS, {INPUT: images})), golden, allowed_tolerances(card, golden)
    )
    if problems:
        raise RepositoryError(f"{folder}: {'; '.join(problems)}")
    sizes, seconds = choose_sizes(session, images, config.max_batch)
    return Version(
        name=config.name,
        number=number,
        config=config,
        card=card,
        labels=labels,
        sizes=sizes,
        seconds=seconds,
        session=session,
        examples=images,
        look=range_of(images),
        bytes=(folder / MODEL).stat().st_size,
    )


def choose_sizes(
    session: onnxruntime.InferenceSession, images: Pixels, max_batch: int
) -> tuple[tuple[int, ...], dict[int, float]]:
    """Return the batch sizes to run at, and the seconds of each.

    Powers of two, and halfway between them, up to the largest batch. Only sizes are kept at which every image gets the
    same answer, bit for bit, wherever in the batch it stands, so that nobody's answer depends on who shares the batch;
    and none beyond the first that gives nearly the most images a second: a larger batch would only keep its requests
    waiting. All the timings together say which one that is: a single one would choose another at every start.
    """
    alike = _alike({size: _answers_at(session, images, size) for size in _candidates(max_batch)})
    seconds = {size: _seconds(session, images, size) for size in alike}
    a_run, an_image = _costs(seconds)
    enough = NEARLY_MOST / (1 - NEARLY_MOST) * (a_run + RUN_OVERHEAD) / an_image
    largest = next((size for size in alike if size >= enough), alike[-1])
    sizes = tuple(size for size in alike if size <= largest)
    return sizes, {size: seconds[size] for size in sizes}


def _costs(seconds: Mapping[int, float]) -> tuple[float, float]:
    """Return the seconds of a run, and of each of its images, that fit the timings by batch size best.

    Least squares of the relative errors, neither below 0; n images a run then give n / (run + n * image) a second, a
    share of `image * n / (run + n * image)` of the most.
    """
    sizes, taken = np.array(list(seconds), float), np.array(list(seconds.values()))
    columns = np.stack([1 / taken, sizes / taken], axis=1)
    a_run, an_image = np.linalg.lstsq(columns, np.ones(len(sizes)), rcond=None)[0]
    if a_run >= 0 and an_image > 0 and len(sizes) > 1:
        return float(a_run), float(an_image)
    return 0.0, float(columns[:, 1].sum() / (columns[:, 1] ** 2).sum())  # runs cost nothing beside their images


def _candidates(max_batch: int) -> list[int]:
    """Return powers of two, and halfway between them, up to the largest batch: 1, 2, 3, 4, 6, 8, 12, ..."""
    steps = {share * 2**power for power in range(max_batch.bit_length()) for share in (2, 3)}
    return sorted({1, max_batch, *(size for size in steps if size < max_batch)})


def _alike(answers: Mapping[int, tuple[bytes, ...] | None]) -> list[int]:
    """Return the sizes with the same answers, given in rising order: those that reach to the largest, then most.

    Where every size has answers that depend on the place in the batch, it is 1: nobody shares that.
    """
    steady = {size: answer for size, answer in answers.items() if answer is not None}
    groups = [[size for size, other in steady.items() if other == answer] for answer in steady.values()]
    return max(groups, key=lambda sizes: (sizes[-1], len(sizes)), default=[1])


def _answers_at(session: onnxruntime.InferenceSession, images: Pixels, size: int) -> tuple[bytes, ...] | None:
    """Return every image's answer at a batch size, None where it depends on its place in the batch.

    All images run twice, the second time one place further on.
    """
    count = len(images)
    answers: dict[int, bytes] = {}
    for start in (*range(0, count, size), *range(1, count + 1, size)):
        places = (start + np.arange(size)) % count
        columns = session.run(OUTPUTS, {INPUT: np.ascontiguousarray(images[places])})
        for row, place in enumerate(places):
            answer = b"".join(column[row].tobytes() for column in columns)
            if answers.setdefault(int(place), answer) != answer:
                return None
    return tuple(answers[place] for place in range(count))


def _seconds(session: onnxruntime.InferenceSession, images: Pixels, size: int) -> float:
    """Return the median seconds of a run."""
    batch = np.ascontiguousarray(images[np.arange(size) % len(images)])
    session.run(OUTPUTS, {INPUT: batch})
    times: list[float] = []
    while len(times) < TIMED_RUNS and sum(times) < TIMED_SECONDS:
        start = time.perf_counter()
        session.run(OUTPUTS, {INPUT: batch})
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def run_jobs(version: Version, parts: Sequence[Pixels]) -> list[Answers | RequestError]:
    """Return the answers of several requests that share a run; a failing run is split until only the bad one fails."""
    try:
        return list(_run_together(version, parts))
    except Exception as error:  # noqa: BLE001 - whatever a runtime raises must not take the other requests along
        if len(parts) == 1:
            return [RequestError(500, f"{version.name} failed: {' '.join(str(error).split())}")]
        half = len(parts) // 2
        return [*run_jobs(version, parts[:half]), *run_jobs(version, parts[half:])]


def _run_together(version: Version, parts: Sequence[Pixels]) -> list[Answers]:
    images = parts[0] if len(parts) == 1 else np.concatenate(parts)
    runs = [version.run(images[part]) for part in _split_evenly(len(images), version.largest)]
    joined = runs[0] if len(runs) == 1 else Answers(*(np.concatenate(columns) for columns in zip(*runs, strict=True)))
    ends = accumulate(len(part) for part in parts)
    return [
        Answers(joined.logits[end - len(part) : end], joined.probabilities[end - len(part) : end])
        for part, end in zip(parts, ends, strict=True)
    ]


def _split_evenly(images: int, largest: int) -> Sequence[slice]:
    """Return the parts of a request that has more images than one run."""
    return [slice(start, min(start + largest, images)) for start in range(0, images, largest)]
