"""Nothing is reported: onnxruntime and OpenVINO tell their makers of their use unless they are kept from it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    "module", ["serve.inference.version", "export.gate.runtime", "bench.server.contest.raw_runtime"]
)
def test_onnxruntime_is_told_to_report_nothing(module: str, tmp_path: Path) -> None:
    """Before it is loaded: it makes its identifiers then, a file among those of the temporary folder."""
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    environment |= {"TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    program = f"import {module}, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", program], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout == "1\n"
    assert not [path for path in tmp_path.rglob("*") if path.name in (".ses", "Microsoft")]


def test_who_wants_to_report_may(tmp_path: Path) -> None:
    """A choice that the environment makes is left as it is."""
    environment = {**os.environ, "ORT_DISABLE_TELEMETRY": "0", "HOME": str(tmp_path)}
    program = "import serve, export, bench, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", program], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout == "0\n"


def test_openvino_reports_nothing_and_needs_no_home() -> None:
    """Its reporting package is kept out, before it is loaded: that one would ask for the user's home, too."""
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "HOME")}
    program = (
        "import sys\n"
        "from export.gate.runtime import openvino_run\n"
        "from export.repository.golden import RuntimeLoadError\n"
        "try: openvino_run(b'no model')\n"
        "except RuntimeLoadError: print('openvino' in sys.modules, 'openvino_telemetry.main' in sys.modules)"
    )

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", program], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout == "True False\n"
