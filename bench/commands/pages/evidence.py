"""The committed measurements that pages are made from: the fields that are read of each, held against their types."""

from pathlib import Path
from typing import Any, NotRequired, TypedDict

from bench.commands.pages.stress_evidence import Fire
from bench.harness.validation import read_json
from bench.server.contest.table import Row as ContestRow


class Machine(TypedDict):
    """Hardware and versions, as tables name them; a file has more of them."""

    hardware: str
    cores: int
    python: str
    torch: str
    torchvision: str
    commit: str


class ContestMachine(Machine):
    """The same with the runtime that is measured alone."""

    onnxruntime: str


class ShareFacts(TypedDict):
    """A mean over simulated studies, from 0 to 1, with its standard error."""

    share: float
    standard_error: float
    studies: int


class Calibration(TypedDict):
    """`python -m bench simulate`: shares by population and name."""

    hardware: str
    python: str
    numpy: str
    scipy: str
    commit: str
    studies: int
    seed: int
    arms: int
    looks: list[int]
    results: dict[str, dict[str, ShareFacts]]


class SpeedRow(TypedDict):
    """`python -m bench speed`: a loop on a net; one rate per turn."""

    task: str
    architecture: str
    dataset: str
    loop: str
    batch: int
    images_per_second: list[float]
    mflops_per_image: float
    n: int
    peak_gflops: list[float]
    turns_disturbed: NotRequired[int]
    device: str
    threads: int
    environment: Machine


class Contest(TypedDict):
    """`python -m bench contest`: a row per server, load and turn."""

    environment: ContestMachine
    model: str
    seconds: int
    wrk: str
    raw_onnxruntime: list[float]
    rows: list[ContestRow]


class Startup(TypedDict):
    """`python -m bench startup`: seconds of each run, by command."""

    environment: Machine
    seconds: dict[str, list[float]]
    turns_disturbed: int


class PointFacts(TypedDict):
    """A size of a sweep: seconds, and MB of memory added."""

    size: float
    seconds: float
    low: float
    high: float
    n: int
    memory_mb: float | None


class SweepFacts(TypedDict):
    """Times over one size that grows."""

    name: str
    size: str
    subject: str
    points: list[PointFacts]
    turns_disturbed: int


class Growth(TypedDict):
    """`python -m bench growth`: its sweeps."""

    threads: NotRequired[int]
    environment: Machine
    sweeps: list[SweepFacts]


class LrnSeconds(TypedDict):
    """Seconds of each turn, by implementation."""

    torch: list[float]
    ours: list[float]


class LrnRow(TypedDict):
    """One case of LRN."""

    window: int
    memory_format: str
    how: str
    seconds: LrnSeconds
    turns_disturbed: int


class Lrn(TypedDict):
    """`python -m bench lrn`: rows of cases on one shape."""

    shape: list[int]
    threads: NotRequired[int]
    environment: Machine
    rows: list[LrnRow]


class RunFacts(TypedDict):
    """A run on so many cores: seconds in all, and the sum of its trials' own."""

    cores: int
    seconds: float
    work_seconds: float
    trials: int


class Cores(TypedDict):
    """`python -m bench cores`: real runs and dry ones."""

    environment: Machine
    options: str
    phase_seconds: float
    real: list[RunFacts]
    dry: list[RunFacts]


class PairFacts(TypedDict):
    """An arm's speed beside its own."""

    study: str
    arm: str
    ratio: float
    low: float
    high: float
    turns: int
    disturbed: int


class SpeedCheck(TypedDict):
    """`python -m bench speed-check`: identical arms, beside so many busy programs."""

    environment: Machine
    neighbours: int
    pairs: list[PairFacts]


class BatchNormRow(TypedDict):
    """Seconds of each turn of one implementation on one shape."""

    shape: list[int]
    implementation: str
    threads: int
    seconds: list[float]
    turns_disturbed: int


class BatchNorm(TypedDict):
    """`python -m bench batch-norm`: rows by shape, implementation and threads."""

    environment: Machine
    rows: list[BatchNormRow]


class CaseFacts(TypedDict):
    """Images/s of each turn."""

    memory_format: str
    threads: int
    images_per_second: list[float]


class LayerRow(TypedDict):
    """A layer with its input's shape and the nets that have it."""

    layer: str
    shape: list[int]
    nets: list[str]
    trained_in: str
    cases: list[CaseFacts]
    turns_disturbed: int


class Layers(TypedDict):
    """`python -m bench layers`: a row a distinct layer."""

    environment: Machine
    threads: int
    rows: list[LayerRow]
    left_out_as_long: int
    longest_seconds: float


class Waiting(TypedDict):
    """`python -m bench waiting`: images/s of each turn by number of busy programs, setting and net."""

    environment: Machine
    cores: int
    images_per_second: dict[str, dict[str, dict[str, list[float]]]]
    turns_disturbed: dict[str, int]


KINDS: dict[str, tuple[Any, str]] = {  # type and command, by the file's place in bench/evidence
    "calibration.json": (Calibration, "simulate --out"),
    "speed.json": (list[SpeedRow], "speed --json"),
    "serving.json": (Contest, "contest --json"),
    "own-http.json": (Contest, 'contest --servers "convbench..." --json'),
    "fire.json": (Fire, "stress NAME --json"),
    "startup.json": (Startup, "startup --json"),
    "growth/growth.json": (Growth, "growth --out"),
    "lrn.json": (Lrn, "lrn --json"),
    "cores.json": (Cores, "cores --json"),
    "speed_check.json": (SpeedCheck, "speed-check --json"),
    "speed_check_busy.json": (SpeedCheck, "speed-check --neighbours 1 --json"),
    "batch_norm.json": (BatchNorm, "batch-norm --json"),
    "layers.json": (Layers, "layers --json"),
    "waiting.json": (Waiting, "waiting --json"),
}


def read_evidence(folder: Path, name: str) -> Any:  # noqa: ANN401 - each command's own JSON
    """Return a committed measurement.

    Args:
        folder: bench/evidence, or a copy of it.
        name: the file's place in it, one of `KINDS`.

    Raises:
        ContentError: it is not JSON or has a value of another kind; the message names file and line or field.
        OSError: it cannot be read.
    """
    kind, command = KINDS[name]
    target = folder if command.endswith("--out") and "/" in name else folder / name
    return read_json(folder / name, kind, f"restore it, or measure again with `python -m bench {command} {target}`")
