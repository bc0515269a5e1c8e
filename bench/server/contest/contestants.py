"""The servers that are compared: their packages, their commands, their requests.

The configurations of the others are their documentation's, with the number of workers and the batching that was fastest
on two cores; each runs in an environment of its own, so that none is held back by another's dependencies.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.harness.machine.environment import commit, short_commit
from bench.harness.paths import PROJECT
from bench.server.formats import NESTED_JSON, OIP_BYTES, OIP_JSON, PLAIN_BYTES, Format
from bench.server.golden import newest
from bench.server.virtual_environments import environment_python, output_of

PEERS = Path(__file__).parent / "peers"
OURS = "convbench"
PROCESSES = 2  # of ours, as the others have two workers


@dataclass(frozen=True)
class Contestant:
    """A server in one configuration.

    Attributes:
        name: the server's name.
        formats: forms of the requests that it is sent.
        path: the URL's path; NAME stands for the model's name.
        requirements: pip's words for its environment; none: this one.
        program: its file in `peers`; none: ours.
        variables: its environment's, beside those of this process.
        configuration: in words.
        says: words in its log when all its processes are ready; empty where its first answer is enough.
        processes: number of ours.
    """

    name: str
    formats: tuple[Format, ...]
    path: str
    configuration: str
    requirements: tuple[str, ...] = ()
    program: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    says: str = ""
    processes: int = PROCESSES

    @property
    def key(self) -> str:
        """Its name with its formats: one server may be there twice."""
        return f"{self.name} {' '.join(form.name for form in self.formats)}"

    def command(self, python: Path, model: Path, port: int) -> tuple[list[str], dict[str, str]]:
        """Return the command that starts it, and variables of its environment.

        Args:
            python: its environment's interpreter.
            model: folder of the model in a repository.
            port: the port to listen on.
        """
        if not self.program:
            words = ["-m", "serve", str(model.parent), "--port", str(port), "--processes", str(self.processes)]
            return [str(python), *words, "--poll", "0"], {}
        file = (newest(model) / "model.onnx").resolve()
        where = {"PEER_MODEL": str(file), "PEER_REPOSITORY": str(model.parent), "PYTHONPATH": str(PROJECT)}
        variables = {**where, "PEER_PORT": str(port), **self.variables}
        return [str(python), str(PEERS / self.program)], variables


RUNTIME = "onnxruntime==1.31.1"
SERVE = (RUNTIME, "numpy", "orjson", "pillow", "prometheus-client", "python-multipart")  # what ours needs, but HTTP
UVICORN, GRANIAN = ("uvicorn[standard]==0.54.0", *SERVE), ("granian[uvloop]==2.8.9", *SERVE)


def _ours_under(host: str, requirements: tuple[str, ...], processes: int) -> Contestant:
    """Return our application under another server's HTTP."""
    return Contestant(
        f"{OURS} under {host} x{processes}",
        (OIP_BYTES, OIP_JSON),
        INFER,
        f"the ASGI application; workers: {processes}",
        requirements,
        "our_asgi.py",
        {"PEER_HOST": host, "PEER_WORKERS": str(processes)},
    )


INFER = "/v2/models/NAME/infer"
CONTESTANTS = (
    Contestant(
        OURS,
        (OIP_BYTES, OIP_JSON),
        INFER,
        f"--processes {PROCESSES}; every request checked, both outputs",
        says=f", {PROCESSES} processes",
    ),
    Contestant(f"{OURS} x1", (OIP_BYTES, OIP_JSON), INFER, "--processes 1", processes=1),
    *(_ours_under("uvicorn", UVICORN, processes) for processes in (1, 2)),
    *(_ours_under("granian", GRANIAN, processes) for processes in (1, 2)),
    Contestant(
        "mosec",
        (PLAIN_BYTES,),
        "/inference",
        "2 workers, batches of up to 32, 1 ms; its own deserialize",
        ("mosec==0.9.8", RUNTIME, "numpy"),
        "mosec_app.py",
        {"PEER_FORMAT": "raw"},
    ),
    Contestant(
        "mosec",
        (NESTED_JSON,),
        "/inference",
        "2 workers, batches of up to 32, 1 ms",
        ("mosec==0.9.8", RUNTIME, "numpy"),
        "mosec_app.py",
        {"PEER_FORMAT": "json"},
    ),
    Contestant(
        "MLServer",
        (OIP_JSON,),
        "/v2/models/classifier/infer",
        "adaptive batching of up to 32, 2 ms, no parallel workers",
        ("mlserver==1.7.1", RUNTIME, "numpy"),
        "mlserver_app.py",
    ),
    Contestant(
        "BentoML",
        (NESTED_JSON,),
        "/predict",
        "2 workers, batchable, up to 256",
        ("bentoml==1.4.39", RUNTIME, "numpy"),
        "bentoml_app.py",
    ),
    Contestant(
        "LitServe",
        (NESTED_JSON,),
        "/predict",
        "2 workers a device, no batching",
        ("litserve==0.2.19", RUNTIME, "numpy"),
        "litserve_app.py",
    ),
    Contestant(
        "FastAPI",
        (NESTED_JSON,),
        "/predict",
        "uvicorn with one worker, a function with pydantic lists",
        ("fastapi==0.165.0", "uvicorn[standard]==0.54.0", RUNTIME, "numpy"),
        "fastapi_app.py",
    ),
)


def python_of(contestant: Contestant, environments: Path) -> Path:
    """Return the Python that runs a server; its environment is made first where it is missing.

    Raises:
        UserError: it cannot be installed.
    """
    if not contestant.requirements:
        return Path(sys.executable)
    return environment_python(_package(contestant), contestant.requirements, environments)


def version_of(contestant: Contestant, python: Path) -> str:
    """Return the version of a server; ours is its commit."""
    if not contestant.requirements:
        return short_commit(commit())
    program = f"import importlib.metadata as m; print(m.version({_package(contestant)!r}))"
    return output_of([str(python), "-c", program]).strip()


def _package(contestant: Contestant) -> str:
    return re.split(r"[\[=]", contestant.requirements[0])[0]
