"""The glue between pytest, pytest-benchmark and the harness; nothing is measured or decided here."""

import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest
from pytest_benchmark.session import PerformanceRegression

from bench.harness.errors import UserError
from bench.harness.run.hooks import benchmark_options
from bench.harness.run.hooks.items import (
    arm_of,
    look_item,
    measures_speed,
    place,
    seed_of,
    speed_items,
    study_of,
    trial_item,
    what_selected,
)
from bench.harness.run.hooks.trial_lines import TrialLines
from bench.harness.run.options import add_options
from bench.harness.run.selection import select
from bench.harness.run.settings import Settings
from bench.harness.streams import write_plainly
from bench.harness.study.study import RunTrial, Study

if TYPE_CHECKING:  # torch behind it takes two seconds that --help and --collect-only do not need
    from bench.harness.run.session import Session
    from bench.harness.study.planned import Planned

BENCHMARK_JSON = "benchmark.json"  # in the results folder, unless --benchmark-json names another
LISTINGS = ("collectonly", "showfixtures", "show_fixtures_per_test", "setupplan")  # pytest's options that run no test
SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()
SESSION: pytest.StashKey["Session"] = pytest.StashKey()
PLANNED: pytest.StashKey["Planned"] = pytest.StashKey()
COLLECTED: pytest.StashKey[bool] = pytest.StashKey()  # the selection of trials ended without an error
BASELINE: pytest.StashKey[set[str] | None] = pytest.StashKey()  # tests of the saved run that this one is compared with
LINES: pytest.StashKey[Sequence[str]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of a run."""
    add_options(parser.getgroup("convbench", "training and timing convolutional nets").addoption)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Check the options and make folders before anything slow: errors here cost a second."""
    write_plainly()
    try:
        config.stash[SETTINGS] = Settings.from_options(vars(config.option))
        if _trains(config):
            _check_benchmark_options(config)
    except UserError as error:
        raise pytest.UsageError(str(error)) from error
    benchmark_options.show_warnings(config)
    if _trains(config):
        signal.signal(signal.SIGTERM, _interrupt)


def _trains(config: pytest.Config) -> bool:
    """Return whether trials are run, and not only listed, as are their fixtures with --fixtures or --setup-plan."""
    return not any(vars(config.option)[name] for name in LISTINGS)


def _check_benchmark_options(config: pytest.Config) -> None:
    """Let what pytest-benchmark would find after the last trial be found before the first."""
    if not config.pluginmanager.hasplugin("benchmark"):
        raise pytest.UsageError("trials are timed by pytest-benchmark: drop -p no:benchmark")
    options = vars(config.option)
    if options["benchmark_json"] is None:
        options["benchmark_json"] = config.stash[SETTINGS].results / BENCHMARK_JSON
    benchmark_options.check(options)
    config.stash[BASELINE] = benchmark_options.baseline_names(options, config)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM counts as Ctrl-C: pytest-benchmark writes its JSON for that."""
    raise KeyboardInterrupt


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> list[pytest.Item] | None:
    """Add one test an arm to a study's own: its speed, measured after all trials."""
    if not isinstance(obj, Study) or name != "STUDY":
        return None
    return speed_items(collector, obj, collector.config.stash[SETTINGS].protocol)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test a trial: every arm of the module's STUDY with every seed."""
    study = getattr(metafunc.module, "STUDY", None)
    if not isinstance(study, Study) or "arm" not in metafunc.fixturenames:
        return
    settings = metafunc.config.stash[SETTINGS]
    arms = study.arm_names(settings.protocol)
    trials = [(arm, seed) for seed in settings.seeds for arm in arms]
    metafunc.parametrize(("arm", "seed"), trials, ids=[f"{arm}-seed{seed}" for arm, seed in trials])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> Iterator[None]:
    """Keep the studies asked for, before -k and -m take their share; then order the trials seed by seed."""
    settings = config.stash[SETTINGS]
    _keep_studies(session, items)
    collected = sum(study_of(item) is not None and not measures_speed(item) for item in items)
    yield
    if settings.most_seeds and _trains(config) and any(study_of(item) and not measures_speed(item) for item in items):
        items.append(look_item(session, partial(_more, session)))
    items.sort(key=lambda item: place(item, settings.seeds))
    if collected and not items:
        _write_lines(config, [f"no trial of {collected}: {what_selected(config)}"])
    config.stash[COLLECTED] = True


def _more(session: pytest.Session) -> tuple[str, list[pytest.Item]]:
    """Look at the verdicts; return a line on it, and the tests of the trials that follow."""
    line, trials = session.config.stash[SESSION].look()
    examples = {study.name: item for item in session.items if (study := study_of(item))}
    items = []
    for (study, arm, seed), planned in trials:
        items.append(trial_item(examples[study.name], study, arm, seed))
        _hand_over(items[-1], planned)
    return line, items


def _keep_studies(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Drop the trials of studies that were not asked for or lack the protocol, and of arms that cannot be run here."""
    config, known = session.config, {study.name: study for study in map(study_of, items) if study}
    try:
        device = partial(_device, config) if _trains(config) else None
        selection = select(known, config.stash[SETTINGS], device)
    except UserError as error:
        broken = "a file of bench/ cannot be imported, see above; without it: " if session.testsfailed else ""
        raise pytest.UsageError(f"{broken}{error}") from error
    _write_lines(config, selection.lines)
    kept = {
        item for item in items if not (study := study_of(item)) or arm_of(item) in selection.arms.get(study.name, ())
    }
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def _device(config: pytest.Config) -> str:
    from bench.harness.machine.device import resolve_device  # noqa: PLC0415 - torch, see above

    return resolve_device(config.stash[SETTINGS].device)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Prepare the run: everything that can be wrong is found before the first epoch."""
    config = session.config
    trials = {item: study for item in session.items if (study := study_of(item))}
    if not _trains(config) or not trials or COLLECTED not in config.stash:
        return  # pytest calls this also where the selection ended in an error
    warned = _compared(config, trials)
    run = _begin_session(config, trials)
    _write_lines(config, [*run.describe_plan(), *warned, *_warnings(config, run)])
    if _shows_trials(config):
        config.pluginmanager.register(TrialLines(config.pluginmanager.get_plugin("terminalreporter")))


def _compared(config: pytest.Config, trials: Iterable[pytest.Item]) -> list[str]:
    """Return the warnings of a comparison with a saved run that lacks some of the trials."""
    names = config.stash[BASELINE]
    if names is None:
        return []
    try:
        gate = bool(config.option.benchmark_compare_fail)
        return benchmark_options.compared(names, [item.nodeid for item in trials], gate=gate)
    except UserError as error:
        raise pytest.UsageError(str(error)) from error


def _begin_session(config: pytest.Config, tests: Mapping[pytest.Item, Study]) -> "Session":
    """Settle every trial, once, and leave each with its test."""
    from bench.harness.run.session import Session  # noqa: PLC0415 - torch, see above
    from bench.harness.trackers.chosen import chosen_trackers  # noqa: PLC0415
    from models.parts.options import ModelError  # noqa: PLC0415

    try:
        settings = config.stash[SETTINGS]
        run = Session(settings, chosen_trackers(settings, on_terminal=_shows_trials(config)))
        timed = {item: (of, arm_of(item), settings.seeds[0]) for item, of in tests.items() if measures_speed(item)}
        trained = {item: (of, arm_of(item), seed_of(item)) for item, of in tests.items() if item not in timed}
        trials = run.prepare(list(trained.values()), list(timed.values()))
    except (UserError, ModelError) as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[SESSION] = run
    for item, planned in zip([*trained, *timed], [*trials, *run.subjects], strict=True):
        _hand_over(item, planned)
    return run


def _hand_over(item: pytest.Item, planned: "Planned") -> None:
    """Give a test its trial, and the clock that is replayed in it."""
    from bench.harness.machine.clock import clock  # noqa: PLC0415 - torch, see above

    item.stash[PLANNED] = planned
    item.add_marker(pytest.mark.benchmark(timer=clock))


def _shows_trials(config: pytest.Config) -> bool:
    """Return whether trials get a bar and a line of their own: not with -q or -v, nor without a terminal reporter."""
    return config.pluginmanager.get_plugin("terminalreporter") is not None and config.get_verbosity() == 0


def _warnings(config: pytest.Config, run: "Session") -> list[str]:
    restored = len(run.plan.trials) - len(run.plan.to_train)
    if restored and config.getoption("benchmark_compare", None):
        return [f"warning: {restored} trials bring their recorded times to the comparison: add --fresh"]
    return []


def _write_lines(config: pytest.Config, lines: Sequence[str]) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        for line in lines:
            reporter.write_line(line)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip trials that would end after the time limit, before pytest-benchmark has a row for them."""
    planned = item.stash.get(PLANNED, None)
    if planned is None:
        return
    session = item.config.stash[SESSION]
    if session.leaves_out_speed(planned) if measures_speed(item) else session.leaves_out(planned):
        pytest.skip("not enough left of --time-limit")


@pytest.fixture
def run_trial(request: pytest.FixtureRequest, benchmark: Any) -> RunTrial:  # noqa: ANN401 - pytest-benchmark has no types
    """Return the function that trains the test's trial, or restores it, and shows it in timed rounds."""
    from bench.harness.run.hooks.row import fill_row  # noqa: PLC0415 - torch, see above

    session, planned = request.config.stash[SESSION], request.node.stash[PLANNED]

    def run(study: Study, arm: str, seed: int) -> None:  # noqa: ARG001 - the test's trial was settled from them
        record = session.record(planned)
        fill_row(benchmark, record, resumed=not session.was_trained(record))
        request.node.user_properties.append(("trial", session.describe(record)))

    return run


@pytest.fixture
def run_speed(request: pytest.FixtureRequest, benchmark: Any) -> Callable[[], None]:  # noqa: ANN401 - as above
    """Return the function that measures the speed of the test's arm, or finds it, and shows it in rounds."""
    from bench.harness.run.hooks.row import fill_speed_row  # noqa: PLC0415 - torch, see above

    session, planned = request.config.stash[SESSION], request.node.stash[PLANNED]

    def run() -> None:
        measured = session.speed(planned)
        fill_speed_row(benchmark, planned, measured)
        request.node.user_properties.append(("trial", measured.describe()))

    return run


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport, config: pytest.Config) -> tuple[str, str, str] | None:
    """Leave out the dot of a trial that has a line of its own."""
    if config.get_verbosity() == 0 and report.passed and dict(report.user_properties).get("trial"):
        return ("passed" if report.when == "call" else "", "", "")
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_benchmark_generate_json(benchmarks: list[Any]) -> None:
    """Remove the rows of trials that were cut off: they have no status, and an empty one would lose the whole JSON."""
    benchmarks[:] = [row for row in benchmarks if "study" not in row.extra_info or "status" in row.extra_info]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write tables, figures and report from all records, and free the results folder."""
    run = session.config.stash.get(SESSION, None)
    if run is not None:
        session.config.stash[LINES] = run.finish()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(config: pytest.Config) -> Iterator[None]:
    """Print the answers last, below pytest-benchmark's table; a gate that trips is a line and exit status 1."""
    try:
        yield
    except PerformanceRegression as regression:
        raise pytest.exit.Exception(str(regression), returncode=pytest.ExitCode.TESTS_FAILED) from regression
    finally:
        _write_lines(config, config.stash.get(LINES, []))
