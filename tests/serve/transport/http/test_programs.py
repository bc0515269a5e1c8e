"""Tests of the server with programs that others wrote, where they are installed."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.serve.conftest import Running
from tests.serve.transport.test_connection import INFER, RAW


@pytest.mark.parametrize("command", [("curl", "--http2", "-sS"), ("curl", "--http1.0", "-sS")])
def test_curl_is_answered(running: Running, images: np.ndarray, tmp_path: Path, command: tuple[str, ...]) -> None:
    """Also where it offers HTTP/2 first, with a body."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    path = tmp_path / "body"
    path.write_bytes(images[0].tobytes())
    words = ["-H", RAW.decode(), "--data-binary", f"@{path}", f"http://127.0.0.1:{running.port}{INFER.decode()}"]

    done = subprocess.run([*command, "--max-time", "10", "-o", "-", *words], capture_output=True, check=True)  # noqa: S603 - our own words

    assert done.stdout.startswith(b'{"model_name":"net"')


def test_ab_is_answered(running: Running) -> None:
    """On connections that it wants to keep."""
    if shutil.which("ab") is None:
        pytest.skip("ab is not installed")
    words = ["ab", "-k", "-q", "-n", "200", "-c", "4", "-s", "5", f"http://127.0.0.1:{running.port}/v2"]

    done = subprocess.run(words, capture_output=True, check=True, text=True, timeout=30)  # noqa: S603 - as above

    assert re.search(r"Keep-Alive requests: +200\b", done.stdout)
    assert re.search(r"Failed requests: +0\b", done.stdout)
