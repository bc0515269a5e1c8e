"""Tests of the server with clients that are installed by who wants to see: KServe's, and Triton's perf_analyzer."""

import asyncio
import re
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest

from tests.serve.conftest import PutModel, Running, Start, expected

pytest.importorskip("tritonclient.grpc", reason="gRPC is an optional extra")


@pytest.fixture
def running(put_model: PutModel, start: Start) -> Running:
    """Return a server with one model that answers gRPC too."""
    put_model()
    return start(grpc_port=0)


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_perf_analyzer_is_answered(protocol: str, running: Running) -> None:
    """It asks for metadata, configuration and statistics, and stops where their counts do not fit together."""
    program = shutil.which("perf_analyzer")
    if program is None:
        pytest.skip("perf_analyzer is not installed: wheels of tritonclient up to 2.60 have it")
    port = running.port if protocol == "http" else running.server.grpc_port
    words = [program, "-m", "net", "-i", protocol, "-u", f"127.0.0.1:{port}", "--shape", "image:1,4,4", "-b", "2"]
    words += ["--measurement-mode", "count_windows", "--measurement-request-count", "100"]

    done = subprocess.run(words, capture_output=True, check=False, text=True, timeout=120)  # noqa: S603 - our own words

    if "error while loading shared libraries" in done.stderr:
        pytest.skip(f"perf_analyzer lacks a library of the system: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout + done.stderr
    count = re.search(r"Successful request count: (\d+)", done.stdout)
    assert count is not None
    assert int(count[1]) >= 100


@pytest.mark.parametrize("protocol", ["http", "http, bytes", "grpc"])
def test_kserves_client_is_answered(protocol: str, running: Running, images: np.ndarray) -> None:
    """Its readiness probes too."""
    kserve = pytest.importorskip("kserve", reason="it is large")
    tensor = kserve.InferInput("image", list(images.shape), "UINT8")
    tensor.set_data_from_numpy(images, binary_data=protocol != "http")
    request = kserve.InferRequest(model_name="net", infer_inputs=[tensor])

    async def main() -> Any:  # noqa: ANN401 - kserve's
        if protocol == "grpc":
            client = kserve.InferenceGRPCClient(f"127.0.0.1:{running.server.grpc_port}")
            assert await client.is_server_ready()
            return await client.infer(request)
        url = f"http://127.0.0.1:{running.port}"
        client = kserve.InferenceRESTClient(kserve.RESTConfig(protocol="v2"))
        assert await client.is_server_ready(url)
        assert await client.is_model_ready(url, "net")
        return await client.infer(url, request, model_name="net")

    answer = asyncio.run(main())

    np.testing.assert_allclose(answer.outputs[0].as_numpy(), expected(images), rtol=1e-4)
