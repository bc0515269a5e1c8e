"""Tests of bench.harness.machine.measuring: the options and the conditions that measurement commands share."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.harness.errors import UserError
from bench.harness.machine.measuring import add_json, add_repeats, require_at_least, with_conditions, write_result
from bench.harness.paths import PROJECT


def parsed(*words: str) -> argparse.Namespace:
    """Return the options of a measurement command."""
    parser = argparse.ArgumentParser()
    parser.set_defaults(command_line="python -m bench name")
    add_repeats(parser, 3)
    add_json(parser, "rows")
    return parser.parse_args(words)


def test_a_result_stands_behind_its_conditions() -> None:
    """Command, date and environment always; device and threads where nets ran; own libraries beside the others."""
    result = with_conditions({"rows": [1]}, parsed(), device="cpu", threads=2, libraries={"onnxruntime": "1.2.3"})

    assert list(result) == ["command", "date", "device", "threads", "environment", "rows"]
    assert (result["command"], result["device"], result["threads"]) == ("python -m bench name", "cpu", 2)
    assert result["environment"]["onnxruntime"] == "1.2.3"
    assert {"hardware", "commit"} <= set(result["environment"])
    assert result["date"].endswith("+00:00")


def test_no_nets_have_no_threads() -> None:
    """Threads that were not used are not claimed."""
    assert set(with_conditions({}, parsed())) == {"command", "date", "environment"}


def test_a_result_goes_to_the_file_asked_for(tmp_path: Path) -> None:
    """And nowhere without one."""
    write_result(parsed(), {"rows": [1]})
    write_result(parsed("--json", str(tmp_path / "rows.json")), {"rows": [1]})

    assert [path.name for path in tmp_path.iterdir()] == ["rows.json"]
    assert json.loads((tmp_path / "rows.json").read_text("utf-8")) == {"rows": [1]}


def test_too_small_a_number_is_named() -> None:
    """With its option and the smallest value; none given is none too small."""
    with pytest.raises(UserError, match="--repeats is 0: it must be at least 1"):
        require_at_least(1, parsed("--repeats", "0"), "repeats")
    require_at_least(1, parsed("--repeats", "1"), "repeats", "json")


def test_it_does_without_torch() -> None:
    """Commands that run no net start at once."""
    code = "import sys, bench.harness.machine.measuring; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)  # noqa: S603 - our own words

    assert done.stdout == "False\n"
