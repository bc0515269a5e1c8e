"""Tests of deploy/: the image holds what the server needs, its command runs as written, KServe's fields are true."""

import ast
import fnmatch
import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest

from bench.harness.paths import PROJECT
from export.repository.config import TEMPLATE
from export.repository.layout import MODEL
from serve.__main__ import parser
from serve.security.access import Access
from serve.security.tokens import TOKENS
from tests.serve.conftest import PutModel, Start, expected, request

DEPLOY = PROJECT / "deploy"
OPTIONAL = {"google", "grpc", "grpc_health", "opentelemetry", "tritonclient"}  # for --grpc-port and --trace
KSERVE_MODELS = "/mnt/models"


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions with what stands behind them."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines if line)]


def only(name: str) -> str:
    """Return what stands behind the one instruction of this name."""
    (argument,) = [rest for instruction, rest in instructions() if instruction == name]
    return argument


def command(name: str) -> list[str]:
    """Return the words of an instruction in exec form: the program gets the signals, no shell does."""
    words: list[str] = json.loads(re.sub(r".*?(?=\[)", "", only(name), count=1))
    return words


def ignored(path: PurePosixPath) -> bool:
    """Return whether the .dockerignore leaves a file out: of the patterns that match, the last decides."""
    excluded = False
    for line in (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split():
        if any(fnmatch.fnmatchcase(str(ancestor), line.removeprefix("!")) for ancestor in (path, *path.parents)[:-1]):
            excluded = not line.startswith("!")
    return excluded


def copied() -> dict[PurePosixPath, Path]:
    """Return the files that COPY brings into the image, by their place in its working directory."""
    brought: dict[PurePosixPath, Path] = {}
    for name, rest in instructions():
        if name == "COPY":
            *sources, target = rest.split()
            for source in sources:
                path = PROJECT / source
                files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
                root = path if path.is_dir() else path.parent
                brought |= {PurePosixPath(target) / file.relative_to(root).as_posix(): file for file in files}
    return {place: path for place, path in brought.items() if not ignored(PurePosixPath(path.relative_to(PROJECT)))}


def imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, and what it imports from them, which may be modules too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def needed() -> tuple[set[PurePosixPath], set[str]]:
    """Return the files that `python -m serve` imports, and the packages of others."""
    waiting, files, packages = ["serve.__main__"], set[PurePosixPath](), set[str]()
    while waiting:
        module = PurePosixPath(waiting.pop().replace(".", "/"))
        for path in (module.with_suffix(".py"), *(parent / "__init__.py" for parent in (module, *module.parents)[:-1])):
            if path not in files and (PROJECT / path).is_file():
                files.add(path)
                waiting += imports(PROJECT / path)
        if not (PROJECT / module.parts[0]).is_dir():
            packages.add(module.parts[0])
    return files, packages - sys.stdlib_module_names - OPTIONAL


def normal(name: str) -> str:
    """Return a distribution's name as indexes compare them; the two builds of onnxruntime count as one."""
    return re.sub(r"[-_.]+", "-", name).lower().removesuffix("-gpu")


def pinned(path: Path) -> dict[str, str]:
    """Return versions by name."""
    lines = (line.partition("==") for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {normal(name): version for name, _, version in lines}


def test_the_image_holds_what_the_server_imports() -> None:
    """And of export/ nothing else: what trains and exports stays outside."""
    files, _ = needed()

    assert files <= set(copied())
    assert {path for path in copied() if path.parts[0] == "export"} <= files
    assert PurePosixPath("serve/website/index.html") in copied()
    assert not {path.name for path in copied()} & {"README.md", "ray_app.py", "curl.sh"}


def test_the_image_installs_what_the_server_imports() -> None:
    """Every package, what those need, and no more; at the versions that were tested."""
    distributions = importlib.metadata.packages_distributions()
    direct = {distributions[package][0] for package in needed()[1]}
    required = [line for name in direct for line in importlib.metadata.requires(name) or [] if "extra ==" not in line]
    wanted = {normal(name) for name in direct} | {normal(re.split(r"[^\w.-]", line)[0]) for line in required}
    deployed, tested = pinned(DEPLOY / "requirements.txt"), pinned(PROJECT / "constraints.txt")

    assert set(deployed) == wanted
    assert deployed == {name: tested[name] for name in wanted}


def test_the_image_runs_as_nobody_on_the_port_it_names() -> None:
    """Not as root; the port of EXPOSE, of the command and of the health check is one; bytecode is not written."""
    arguments = parser().parse_args([*command("ENTRYPOINT")[3:], *command("CMD")])
    user, _, group = only("USER").partition(":")

    assert int(user) > 0 < int(group)
    assert (arguments.repository, arguments.host) == (Path("/models"), "0.0.0.0")  # noqa: S104 - a container's own
    assert f":{arguments.port}/" in command("HEALTHCHECK")[-1]
    assert int(only("EXPOSE")) == arguments.port
    assert "PYTHONDONTWRITEBYTECODE=1" in only("ENV").split()


def test_the_images_command_serves(put_model: PutModel, images: np.ndarray, tmp_path: Path) -> None:
    """With nothing but the files that were copied: healthy, answers who has the token, no torch, ends with 0."""
    put_model()
    for place, path in copied().items():
        (tmp_path / "app" / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / "app" / place)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**inherited, **dict(word.split("=", 1) for word in only("ENV").split()), TOKENS: "secret"}

    def ours(words: list[str], port: int) -> list[str]:
        changed = {"python": sys.executable, "/models": str(tmp_path / "repository"), "8080": str(port)}
        return [changed.get(word, word.replace(":8080/", f":{port}/")) for word in words]

    def healthy(port: int) -> bool:
        done = subprocess.run(ours(command("HEALTHCHECK"), port), check=False, capture_output=True)  # noqa: S603 - our own
        return done.returncode == 0

    with subprocess.Popen(  # noqa: S603 - our own command
        ours([*command("ENTRYPOINT"), *command("CMD")], 0),
        cwd=tmp_path / "app",
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            ready = next((line for line in process.stderr if line.startswith("ready:")), "")
            port = int(ready.rpartition(":")[2].partition("/")[0])
            assert healthy(port)
            url = f"http://127.0.0.1:{port}/v2/models/net/infer"
            body = json.dumps(request(images)).encode()
            with pytest.raises(urllib.error.HTTPError, match="401"):
                urllib.request.urlopen(url, body)
            asked = urllib.request.Request(url, body, {"Authorization": "Bearer secret"})
            answer = json.loads(urllib.request.urlopen(asked).read())  # noqa: S310 - as above
            logits = np.array(answer["outputs"][0]["data"]).reshape(5, 3)
            np.testing.assert_allclose(logits, expected(images), rtol=1e-4)
            maps = Path(f"/proc/{process.pid}/maps")
            if maps.exists():
                assert "libtorch" not in maps.read_text("utf-8")
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert not healthy(port)
    assert not list((tmp_path / "app").rglob("__pycache__"))


@pytest.fixture
def services() -> dict[str, Any]:
    """Return what KServe is told of the predictors, by the label that chooses between them."""
    yaml = pytest.importorskip("yaml", reason="KServe's file is YAML")
    documents = list(yaml.safe_load_all((DEPLOY / "kserve.yaml").read_text("utf-8")))
    assert {(document["apiVersion"], document["kind"]) for document in documents} == {
        ("serving.kserve.io/v1beta1", "InferenceService")
    }
    return {document["metadata"]["labels"]["server"]: document["spec"]["predictor"] for document in documents}


def test_kserve_gives_triton_what_was_exported(services: dict[str, Any]) -> None:
    """ONNX files, each with a configuration for Triton, under the protocol that our server speaks too."""
    model = services["triton"]["model"]

    assert model["modelFormat"] == {"name": PurePosixPath(MODEL).suffix[1:]}
    assert 'backend: "onnxruntime"' in TEMPLATE
    assert (model["protocolVersion"], model["runtime"]) == ("v2", "kserve-tritonserver")
    assert model["storageUri"] in {variable.get("value") for variable in services["convbench"]["containers"][0]["env"]}


def test_kserve_runs_our_image_as_it_is_built(services: dict[str, Any]) -> None:
    """Its port, the repository where KServe puts it, a token from a secret, this version's image, not root."""
    (container,) = services["convbench"]["containers"]
    arguments = parser().parse_args([*command("ENTRYPOINT")[3:], *container["args"]])
    environment = {variable["name"]: variable.get("value") for variable in container["env"]}
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]

    assert (container["name"], arguments.repository) == ("kserve-container", Path(KSERVE_MODELS))
    assert container["ports"] == [{"name": "http1", "containerPort": arguments.port, "protocol": "TCP"}]
    assert container["readinessProbe"]["httpGet"]["port"] == arguments.port
    assert environment["PROTOCOL"] == "v2"
    assert environment[TOKENS] is None, "a token is in the file"
    assert container["image"].endswith(f":{project['version']}")
    assert container["securityContext"]["runAsNonRoot"]


def test_kserves_probe_needs_no_token(services: dict[str, Any], put_model: PutModel, start: Start) -> None:
    """KServe asks without one whether the server is ready."""
    put_model()
    running = start(access=Access(["secret"]))
    path = services["convbench"]["containers"][0]["readinessProbe"]["httpGet"]["path"]

    assert running.ask("GET", path)[0] == 200
    assert running.ask("GET", "/v2")[0] == 401


def test_the_guides_options_and_files_exist() -> None:
    """docs/deployment.md names options of `python -m serve` and files that are there."""
    text = (PROJECT / "docs" / "deployment.md").read_text("utf-8")
    commands = re.findall(r"(?<=-m serve )[^\n`]+", text)
    options = {word for line in commands for word in re.findall(r"--[a-z-]+", line)}

    assert options <= set(re.findall(r"--[a-z-]+", parser().format_help()))
    assert len(commands) > 2
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (PROJECT / "docs" / link).exists(), link
