"""Tests of serve/examples: every worked example is run against a server, as a user would."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.harness.paths import PROJECT
from serve.security.access import Access
from tests.serve.conftest import PutModel, Running, Start, expected

TOKEN = "a-token"  # noqa: S105 - of this test's server
EXAMPLES = PROJECT / "serve" / "examples"

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")


@pytest.fixture
def golden(running: Running) -> Path:
    """Return the golden images of the model that is served."""
    return running.server.catalogue.repository / "net" / "1" / "golden.npz"


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """Return a picture."""
    file = io.BytesIO()
    Image.fromarray(np.arange(16, dtype=np.uint8).reshape(4, 4)).save(file, "PNG")
    (tmp_path / "a.png").write_bytes(file.getvalue())
    return tmp_path / "a.png"


def run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it said."""
    clean = {name: value for name, value in os.environ.items() if name != "CONVBENCH_TOKEN"}
    return subprocess.run(  # noqa: S603 - our own
        [str(word) for word in words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**clean, **environment},
    )


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_a_python_example_prints_the_answers(example: str, running: Running, golden: Path) -> None:
    """The class of each golden image."""
    address = f"127.0.0.1:{running.port}"
    url = address if "triton" in example else f"http://{address}"

    done = run(sys.executable, EXAMPLES / example, "net", golden, url)

    with np.load(golden) as stored:
        classes = expected(stored["image"]).argmax(axis=1)
    assert done.stdout.split() == [str(place) for place in classes], done.stderr


def test_an_unknown_model_is_said(running: Running, golden: Path) -> None:
    """With the server's own sentence."""
    done = run(sys.executable, EXAMPLES / "requests_client.py", "nothing", golden, f"http://127.0.0.1:{running.port}")

    assert done.returncode == 1
    assert "unknown model 'nothing': known are net" in done.stderr


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_a_python_example_says_how_it_is_called(example: str) -> None:
    """Where it is called without its arguments."""
    done = run(sys.executable, EXAMPLES / example)

    assert done.returncode == 1
    assert f"serve/examples/{example} MODEL GOLDEN.npz" in done.stderr
    assert "Traceback" not in done.stderr


@needs_curl
def test_curl_classifies_a_picture(running: Running, drawn: Path) -> None:
    """A file goes out, labels come back."""
    done = run("sh", EXAMPLES / "curl.sh", "net", drawn, f"http://127.0.0.1:{running.port}")

    assert len(json.loads(done.stdout)["predictions"][0]["labels"]) == 3, done.stderr


def test_curl_says_how_it_is_called(tmp_path: Path) -> None:
    """Without its arguments, and that a file cannot be read."""
    alone = run("sh", EXAMPLES / "curl.sh")
    missing = run("sh", EXAMPLES / "curl.sh", "net", tmp_path / "missing.png")

    assert (alone.returncode, alone.stderr) == (2, f"usage: sh {EXAMPLES}/curl.sh MODEL FILE [URL]\n")
    assert (missing.returncode, missing.stderr) == (1, f"error: {tmp_path}/missing.png cannot be read\n")


@needs_curl
def test_every_example_sends_the_token(put_model: PutModel, start: Start, drawn: Path) -> None:
    """The token of the environment is sent; without it the server refuses them."""
    golden = put_model() / "golden.npz"
    address = f"127.0.0.1:{start(access=Access([TOKEN])).port}"

    for words in (
        ("sh", EXAMPLES / "curl.sh", "net", drawn, f"http://{address}"),
        (sys.executable, EXAMPLES / "requests_client.py", "net", golden, f"http://{address}"),
        (sys.executable, EXAMPLES / "triton_client.py", "net", golden, address),
    ):
        without, done = run(*words), run(*words, CONVBENCH_TOKEN=TOKEN)
        assert "bearer token is needed" in without.stdout + without.stderr
        assert without.returncode != 0
        assert done.returncode == 0, done.stderr
        assert done.stdout
