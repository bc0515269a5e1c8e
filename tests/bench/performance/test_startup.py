"""Tests of bench.performance.startup."""

import json
import subprocess
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.harness.paths import PROJECT
from bench.performance import startup


def test_every_command_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row a command with median, range and n; the figures go to a file with the conditions."""
    monkeypatch.setattr(startup, "COMMANDS", {"nothing": ("-c", "pass")})

    assert main(["startup", "--repeats", "2", "--json", str(tmp_path / "startup.json")]) == 0

    content = json.loads((tmp_path / "startup.json").read_text("utf-8"))
    assert len(content["seconds"]["nothing"]) >= 2
    assert content["turns_disturbed"] <= len(content["seconds"]["nothing"])
    assert min(content["seconds"]["nothing"]) > 0
    assert "| `nothing` " in capsys.readouterr().out


@pytest.mark.parametrize("words", [("-m", "bench", "list", "studies"), ("-m", "bench", "report", "--results", "EMPTY")])
def test_commands_without_nets_do_not_import_torch(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where importing torch fails, they end as they do elsewhere."""
    blocked = "import sys, runpy; sys.modules['torch'] = None; sys.argv = sys.argv[1:]; runpy.run_module(sys.argv[0], "
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    startup.seconds_of(words)
    monkeypatch.undo()

    command = [*commands[0][:1], "-c", blocked + "run_name='__main__')", *commands[0][2:]]
    process = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603 - our own command

    assert "Traceback" not in process.stderr
    assert process.returncode == (0 if "studies" in words else 2)
