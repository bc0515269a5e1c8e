"""Tests of serve/examples: every worked example is run against a server, as a user would."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.serve.conftest import Running, expected

EXAMPLES = Path(__file__).resolve().parents[2] / "serve" / "examples"


@pytest.fixture
def golden(running: Running) -> Path:
    """Return the golden images of the model that is served."""
    return running.server.catalogue.repository / "net" / "1" / "golden.npz"


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it said."""
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own


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


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_classifies_a_picture(running: Running, tmp_path: Path) -> None:
    """A file goes out, labels come back."""
    file = io.BytesIO()
    Image.fromarray(np.arange(16, dtype=np.uint8).reshape(4, 4)).save(file, "PNG")
    (tmp_path / "a.png").write_bytes(file.getvalue())

    done = run("sh", EXAMPLES / "curl.sh", "net", tmp_path / "a.png", f"http://127.0.0.1:{running.port}")

    assert len(json.loads(done.stdout)["predictions"][0]["labels"]) == 3, done.stderr
