"""Tests of bench.commands.pages.evidence and bench.commands.pages.stress_evidence."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from bench.commands.pages.evidence import KINDS, read_evidence
from bench.commands.pages.stress_evidence import Fire
from bench.harness.paths import EVIDENCE
from bench.harness.validation import ContentError
from bench.server.stress.table import PROMISES


@pytest.mark.parametrize("name", KINDS)
def test_the_committed_file_is_read(name: str) -> None:
    """Nothing is lost or changed on the way."""
    assert read_evidence(EVIDENCE, name) == json.loads((EVIDENCE / name).read_text("utf-8"))


def spoil_calibration(content: Any) -> None:  # noqa: ANN401 - JSON
    """A share in words."""
    content["results"]["97 %"]["false tie"]["share"] = "small"


def spoil_speed(content: Any) -> None:  # noqa: ANN401 - JSON
    """A rate in words."""
    content[2]["images_per_second"][0] = "fast"


def spoil_serving(content: Any) -> None:  # noqa: ANN401 - JSON
    """A row without its turn."""
    del content["rows"][0]["turn"]


def spoil_fire(content: Any) -> None:  # noqa: ANN401 - JSON
    """A server that is alive in words."""
    content["fuzz"]["alive"] = "yes"


def spoil_startup(content: Any) -> None:  # noqa: ANN401 - JSON
    """One time in the place of a list."""
    content["seconds"]["python -c pass"] = 0.1


def spoil_growth(content: Any) -> None:  # noqa: ANN401 - JSON
    """A size without a number."""
    content["sweeps"][0]["points"][1]["size"] = None


def spoil_lrn(content: Any) -> None:  # noqa: ANN401 - JSON
    """Half a window."""
    content["rows"][0]["window"] = 2.5


def spoil_cores(content: Any) -> None:  # noqa: ANN401 - JSON
    """A machine whose cores are written in words."""
    content["environment"]["cores"] = "two"


def spoil_speed_check(content: Any) -> None:  # noqa: ANN401 - JSON
    """An interval without its lower end."""
    content["pairs"][0]["low"] = None


def spoil_batch_norm(content: Any) -> None:  # noqa: ANN401 - JSON
    """Half a thread."""
    content["rows"][1]["threads"] = 1.5


def spoil_layers(content: Any) -> None:  # noqa: ANN401 - JSON
    """A rate in words."""
    content["rows"][0]["cases"][0]["images_per_second"][1] = "many"


def spoil_waiting(content: Any) -> None:  # noqa: ANN401 - JSON
    """Cores in words."""
    content["cores"] = "two"


@pytest.mark.parametrize(
    ("name", "spoil", "problem"),
    [
        ("calibration.json", spoil_calibration, "results[...]"),
        ("speed.json", spoil_speed, "[2].images_per_second[0] is 'fast'"),
        ("serving.json", spoil_serving, "required field `turn`"),
        ("fire.json", spoil_fire, "fuzz.alive is 'yes'"),
        ("startup.json", spoil_startup, "seconds[...]"),
        ("growth/growth.json", spoil_growth, "sweeps[0].points[1].size is None"),
        ("lrn.json", spoil_lrn, "rows[0].window is 2.5"),
        ("cores.json", spoil_cores, "environment.cores is 'two'"),
        ("speed_check.json", spoil_speed_check, "pairs[0].low is None"),
        ("batch_norm.json", spoil_batch_norm, "rows[1].threads is 1.5"),
        ("layers.json", spoil_layers, "rows[0].cases[0].images_per_second[1] is 'many'"),
        ("waiting.json", spoil_waiting, "cores is 'two'"),
    ],
)
def test_a_value_of_another_kind_is_named_with_file_field_and_cure(
    name: str, spoil: Callable[[Any], None], problem: str, tmp_path: Path
) -> None:
    """A file that was edited by hand stops the pages with a sentence, not with a traceback."""
    folder = tmp_path / "evidence"
    shutil.copytree(EVIDENCE, folder)
    content = json.loads((folder / name).read_text("utf-8"))
    spoil(content)
    (folder / name).write_text(json.dumps(content), "utf-8")

    with pytest.raises(ContentError) as caught:
        read_evidence(folder, name)
    message = str(caught.value)
    assert message.startswith(f"{folder / name}: ")
    assert problem in message
    assert "measure again with `python -m bench " in message


def test_every_scenario_has_its_figures_described() -> None:
    """A scenario that is added is checked too."""
    assert set(get_type_hints(Fire)) == set(PROMISES)
