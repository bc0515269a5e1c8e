"""The trials that a run wants: a study's arm with a seed each, and how all of them are settled."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from bench.harness.data.catalogue import Source
from bench.harness.number_format import counted
from bench.harness.run.settings import Settings
from bench.harness.study.learning_rates import ChoiceError, tune_command
from bench.harness.study.study import Study
from bench.harness.study.trial import Trial, resolve

Wanted = tuple[Study, str, int]  # study, arm, seed


def resolve_all(wanted: Iterable[Wanted], settings: Settings, source: Callable[[str], Source]) -> list[Trial]:
    """Return all trials with their choices resolved.

    Args:
        wanted: the trials.
        settings: the run's.
        source: describes a data set by name.

    Raises:
        ChoiceError: arms whose learning rate was not chosen, all of them together.
        Any other of the project's ValueErrors.
    """
    trials, problems, studies = [], dict[str, None](), dict[str, None]()
    for study, arm, seed in wanted:
        name = study.protocol(settings.protocol).dataset
        data = source(settings.dataset or name)
        try:
            own = data.name == name
            trials.append(
                resolve(study, settings.protocol, arm, seed, data, own_data=own, rates=settings.learning_rates)
            )
        except ChoiceError as error:
            problems[str(error)] = None
            studies[study.name] = None
    if problems:
        first, *others = problems
        other = settings.dataset if settings.learning_rates else None
        command = tune_command(",".join(studies), settings.protocol, other)
        alike = f" ({counted(len(others), 'more arm')} alike; `{command}` chooses for all, or state a learning_rate)"
        raise ChoiceError(f"{first}{alike}" if others else first)
    return trials


def seeds_after(seeds: Sequence[int]) -> Iterator[int]:
    """Yield a run's seeds, then the whole numbers behind the largest."""
    yield from seeds
    following = max(seeds) + 1
    while True:
        yield following
        following += 1
