"""Tests of bench.harness.trackers.chosen."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.harness.errors import UserError
from bench.harness.trackers.chosen import chosen_trackers
from bench.harness.trackers.terminal import Terminal


def outlets(folder: Path, *, tensorboard: bool = False, mlflow: str | None = None) -> SimpleNamespace:
    """Return a run's options."""
    return SimpleNamespace(results=folder, tensorboard=tensorboard, mlflow=mlflow)


def test_the_terminal_is_always_told(tmp_path: Path) -> None:
    """Without options there is nothing else."""
    assert [type(tracker) for tracker in chosen_trackers(outlets(tmp_path), on_terminal=False)] == [Terminal]


@pytest.mark.parametrize(
    ("module", "tensorboard", "mlflow"),
    [("torch.utils.tensorboard", True, None), ("mlflow", False, "sqlite:///mlflow.db")],
)
def test_an_option_without_its_library_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, tensorboard: bool, mlflow: str | None
) -> None:
    """The message names the extra to install."""
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(UserError, match="pip install"):
        chosen_trackers(outlets(tmp_path, tensorboard=tensorboard, mlflow=mlflow), on_terminal=False)
