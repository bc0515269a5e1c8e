"""A test of the exported folder in a real Triton: it loads every model unchanged, and answers.

    python -m venv DIR && DIR/bin/pip install nvidia-pytriton onnxruntime "numpy<2"
    CONVBENCH_TRITON=DIR/bin/python pytest tests/export/test_triton_server.py

Its Python backend gives empty tensors with NumPy 2, which everything else here has: so it has an environment.

Triton's own onnxruntime backend is in no package: a small one in Python, with the same name, takes its place. So the
layout, each config.pbtxt, Triton's protocol and its batches are tried, and onnxruntime through Python.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tritonclient.http as triton

from bench.server.golden import golden, newest
from bench.server.process import free_port

PYTHON = os.environ.get("CONVBENCH_TRITON")
TELL = "import pathlib, sys, pytriton; print(pathlib.Path(pytriton.__file__).parent, sys.version_info.minor)"
BACKEND = """
import os

import onnxruntime
import triton_python_backend_utils as utils


class TritonPythonModel:
    def initialize(self, given):
        path = os.path.join(given["model_repository"], given["model_version"], "model.onnx")
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def execute(self, requests):
        return [self.answer(utils.get_input_tensor_by_name(request, "image").as_numpy()) for request in requests]

    def answer(self, images):
        logits, probabilities = self.session.run(["logits", "probabilities"], {"image": images})
        tensors = [utils.Tensor("logits", logits), utils.Tensor("probabilities", probabilities)]
        return utils.InferenceResponse(tensors)
"""


@pytest.fixture
def served(exported_once: Path, tmp_path: Path) -> Iterator[triton.InferenceServerClient]:
    """Return a client of Triton on the repository that the exporter wrote."""
    if PYTHON is None:
        pytest.skip("CONVBENCH_TRITON names no Python with nvidia-pytriton")
    told = subprocess.check_output([PYTHON, "-c", TELL], text=True)  # noqa: S603 - who runs the test names it
    installed, minor = told.split()
    package = Path(installed) / "tritonserver"
    stub = package / "python_backend_stubs" / f"3.{minor}" / "triton_python_backend_stub"
    backends = tmp_path / "backends"
    shutil.copytree(package / "backends" / "python", backends / "python")
    shutil.copy(stub, backends / "python")
    (backends / "onnxruntime").mkdir()
    (backends / "onnxruntime" / "model.py").write_text(BACKEND, "utf-8")
    libraries = str(Path(installed).parent / "nvidia_pytriton.libs")
    port = free_port()
    command = [str(package / "bin" / "tritonserver"), f"--model-repository={exported_once}"]
    command += [f"--backend-directory={backends}", f"--http-port={port}", "--allow-grpc=0", "--allow-metrics=0"]
    path = f"{Path(PYTHON).parent}{os.pathsep}{os.environ['PATH']}"  # by which the backend knows its Python
    variables = {"PATH": path, "LD_LIBRARY_PATH": libraries}
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env={**os.environ, **variables})  # noqa: S603 - our own words
    client = triton.InferenceServerClient(f"127.0.0.1:{port}")
    try:
        for _ in range(300):
            time.sleep(0.1)
            assert process.poll() is None, log.read_text("utf-8", "replace")[-3000:]
            try:
                if client.is_server_ready():
                    break
            except OSError:
                continue
        yield client
    finally:
        client.close()
        process.kill()
        process.wait()


def test_triton_serves_the_exported_folder(served: triton.InferenceServerClient, exported_once: Path) -> None:
    """Every model is loaded as it lies there, and its golden images get their golden answers."""
    names = sorted(path.name for path in exported_once.iterdir() if path.is_dir())
    index = {row["name"]: row.get("state") for row in served.get_model_repository_index()}

    assert names
    assert index == dict.fromkeys(names, "READY")
    for name in names:
        images, logits = golden(newest(exported_once / name))
        tensor = triton.InferInput("image", list(images.shape), "UINT8")
        tensor.set_data_from_numpy(images)
        answer = served.infer(name, [tensor], outputs=[triton.InferRequestedOutput("logits")])
        np.testing.assert_allclose(answer.as_numpy("logits"), logits, atol=1e-4)
        best = served.infer(name, [tensor], outputs=[triton.InferRequestedOutput("logits", class_count=1)])
        labels = [text.decode().split(":")[-1] for text in best.as_numpy("logits").ravel()]
        known = (exported_once / name / "labels.txt").read_text("utf-8").splitlines()
        assert labels == [known[place] for place in logits.argmax(axis=1)]
