"""Seeds until the answer: which comparisons get more seeds after a look, and what that takes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from bench.harness.analysis.results import StudyResult
from bench.harness.number_format import counted, duration
from bench.harness.run.wanted import Wanted, seeds_after
from bench.harness.stats.looks import FIRST, next_look
from bench.harness.stats.prospect import is_futile
from bench.harness.stats.verdict import Judgement
from bench.harness.study.planned import Planned
from bench.harness.study.study import Study


@dataclass(frozen=True)
class Open:
    """A comparison without an answer that more seeds may bring.

    Attributes:
        study: its study's name.
        arms: the arm and its baseline.
        seeds: number in either arm at its next look.
    """

    study: str
    arms: tuple[str, str]
    seeds: int

    def wanted(self, study: Study, first: Sequence[int]) -> list[Wanted]:
        """Return the trials that its next look needs, those that there are among them."""
        return [(study, arm, seed) for arm in self.arms for seed in islice(seeds_after(first), self.seeds)]


@dataclass
class Sequel:
    """All that follows a look.

    Attributes:
        answered, futile, late: comparisons with an answer; those where seeds are hardly of use, or of which the
            largest number of seeds is trained; those whose next look would end after the time limit.
        goes_on: those that get more seeds.
        trials: the trials that these need and that the run did not have.
        seconds: the time that they are expected to take.
    """

    answered: int = 0
    futile: int = 0
    late: int = 0
    goes_on: int = 0
    trials: list[tuple[Wanted, Planned]] = field(default_factory=list)
    seconds: float = 0.0

    def describe(self) -> str:
        """Return what was decided, in a line for the terminal."""
        total = self.answered + self.futile + self.late + self.goes_on
        parts = [f"look: {self.answered} of {counted(total, 'comparison')} answered"]
        if self.goes_on:
            work = f"{counted(len(self.trials), 'trial')}, about {duration(self.seconds)}"
            parts.append(f"{self.goes_on} {'gets' if self.goes_on == 1 else 'get'} more seeds ({work})")
        if self.futile:
            parts.append(f"{self.futile} open, where more seeds would hardly tell")
        if self.late:
            parts.append(f"{self.late} open for want of time")
        return ", ".join(parts)


def find_open(results: Iterable[StudyResult], most_seeds: int, sequel: Sequel) -> Iterator[Open]:
    """Yield the comparisons that may get more seeds, each once; count the others in the sequel."""
    for result in results:
        for arms, judgement in result.judgements.items():
            if judgement.verdict in ("better", "worse", "tied"):
                sequel.answered += 1
            elif (seeds := _next_look(judgement, result, most_seeds)) is not None:
                yield Open(result.study, arms, seeds)
            else:
                sequel.futile += 1


def _next_look(judgement: Judgement, result: StudyResult, most_seeds: int) -> int | None:
    """Return the number of seeds at an open comparison's next look, None where it is not worth them."""
    looks = judgement.looks
    if looks is None:
        return FIRST
    if is_futile(looks, result.margin, result.family, most_seeds):
        return None
    return next_look(looks.seeds[-1])


def choose(
    candidates: Iterable[Open],
    settle: Callable[[Open], list[tuple[Wanted, Planned]]],
    seconds: Callable[[Iterable[Planned]], float],
    too_late: Callable[[float], bool],
    sequel: Sequel,
) -> None:
    """Let comparisons go on as far as there is time, those whose next look is cheapest first.

    A look that is cut short is worth nothing, so each is planned whole or not at all.

    Args:
        candidates: comparisons that may go on.
        settle: plans the trials of one; none where one of them has failed.
        seconds: returns the time that trials are expected to take side by side.
        too_late: tells whether what takes so long would end after the time limit.
        sequel: takes what was decided.
    """
    settled = [settle(candidate) for candidate in candidates]
    options = [trials for trials in settled if trials]
    sequel.futile += len(settled) - len(options)
    chosen: dict[str, tuple[Wanted, Planned]] = {}
    for trials in sorted(options, key=lambda option: seconds(_unknown(option))):
        together = chosen | {pair[1].key: pair for pair in trials}
        needed = seconds(_unknown(together.values()))
        if too_late(needed):
            sequel.late += 1
            continue
        sequel.goes_on += 1
        sequel.seconds, chosen = needed, together
    sequel.trials = list(chosen.values())


def _unknown(trials: Iterable[tuple[Wanted, Planned]]) -> list[Planned]:
    return [planned for _, planned in trials if planned.record is None]
