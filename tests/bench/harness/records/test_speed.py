"""Tests of bench.harness.records.speed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.harness.records.speed import FOLDER, SpeedRecord, load_speeds, save_speed, standing_phase
from bench.harness.validation import ContentError
from tests.bench.conftest import MakePhase, definition_of

Edit = Callable[[dict[str, Any]], None]
BOTH = {"base": 1000.0, "other": 800.0}
DEFINITIONS = {name: definition_of(name) for name in BOTH}
CONDITIONS: dict[str, object] = {
    "study": "norm",
    "protocol": "quick",
    "dataset": "mnist-5k",
    "data_sha256": "d" * 64,
    "device": "cpu",
    "deterministic": False,
    "hardware": "Test CPU",
    "torch": "2.14.1",
}


@pytest.mark.parametrize("torch_lrn", [None, 0.5])
def test_a_phase_survives_its_file(make_phase: MakePhase, tmp_path: Path, torch_lrn: float | None) -> None:
    """Nothing is lost or rounded, and its file is named after the study."""
    phase = make_phase(BOTH, study="Norm & co", disturbed=1, torch_lrn=torch_lrn, other_cores_before=1 / 3)

    path = save_speed(tmp_path, phase)

    assert path == tmp_path / FOLDER / f"norm-co-{phase.phase_id[:8]}.json"
    assert load_speeds(tmp_path) == [phase]


def test_a_phase_leaves_the_others_alone(make_phase: MakePhase, tmp_path: Path) -> None:
    """Two of a study and one of another are three files; they are read oldest first, whatever their names are."""
    ends = {f"{order:08}": f"2026-01-0{day}T00:00:00+00:00" for order, day in enumerate((3, 1, 2))}
    phases = [make_phase(BOTH, phase_id=key, finished=end) for key, end in ends.items()]

    for phase in phases:
        save_speed(tmp_path, phase)

    assert load_speeds(tmp_path) == [phases[1], phases[2], phases[0]]


def test_a_folder_without_phases_has_none(tmp_path: Path) -> None:
    """Trials come first: that there is no speed yet is no error."""
    assert load_speeds(tmp_path) == []


def without_arms(content: dict[str, Any]) -> None:
    """Leave a field out."""
    del content["arms"]


def with_a_word_for_a_speed(content: dict[str, Any]) -> None:
    """Put a text where a number belongs."""
    content["arms"][1]["train_images_per_second"][2] = "fast"


def with_a_turn_of_nobody(content: dict[str, Any]) -> None:
    """Leave out who used the machine."""
    del content["turns"][0]["other_cores"]


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (without_arms, "missing required field `arms`"),
        (with_a_word_for_a_speed, "arms[1].train_images_per_second[2] is 'fast'"),
        (with_a_turn_of_nobody, "turns[0] is "),
    ],
)
def test_a_wrong_value_is_named_with_its_file_and_cure(
    make_phase: MakePhase, tmp_path: Path, edit: Edit, problem: str
) -> None:
    """The message has path, field and what to do."""
    path = save_speed(tmp_path, make_phase(BOTH))
    content = json.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(json.dumps(content), "utf-8")

    with pytest.raises(ContentError) as caught:
        load_speeds(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert problem in message
    assert message.endswith(": remove it, and `python -m bench speed-phase` measures again")


@pytest.mark.parametrize("text", ["", "{", '{"schema": NaN}', "\x00"])
def test_half_a_file_is_named_with_its_cure(make_phase: MakePhase, tmp_path: Path, text: str) -> None:
    """A full disk or a hand may leave it so."""
    path = save_speed(tmp_path, make_phase(BOTH))
    path.write_text(text, "utf-8")

    with pytest.raises(ContentError, match=r"\.json: .*not JSON.*: remove it, and `python -m bench speed-phase`"):
        load_speeds(tmp_path)


@pytest.mark.parametrize("later", [{"warmth": 1}, {"schema": 2}], ids=["a field", "its number"])
def test_a_phase_of_a_later_version_is_named_with_its_file(
    make_phase: MakePhase, tmp_path: Path, later: dict[str, object]
) -> None:
    """It is an error in one line, as a record of a later version is: its fields may mean something else."""
    path = save_speed(tmp_path, make_phase(BOTH))
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **later}), "utf-8")

    with pytest.raises(ContentError, match=rf"\.json: .*{next(iter(later))}.*: remove it"):
        load_speeds(tmp_path)


def test_no_number_that_is_not_finite_is_written(make_phase: MakePhase, tmp_path: Path) -> None:
    """NaN is not JSON: nothing is written then."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_speed(tmp_path, make_phase(BOTH, slice_seconds=float("nan")))
    assert not list(tmp_path.rglob("*.json"))


def stands(*phases: SpeedRecord, **changes: object) -> SpeedRecord | None:
    """Return which of the phases stands for both arms as they are defined now."""
    return standing_phase(phases, {**CONDITIONS, **changes}, DEFINITIONS)


def test_the_newest_of_phases_with_equally_many_arms_stands(make_phase: MakePhase) -> None:
    """Whoever measures again means the new speeds."""
    old, new = (make_phase(BOTH, finished=f"2026-01-0{day}") for day in (1, 2))

    assert stands(old, new) is new


def test_a_phase_with_more_of_the_arms_stands_before_a_newer_one(make_phase: MakePhase) -> None:
    """A run of one arm alone does not take the ratio away that an earlier phase has."""
    both, alone = make_phase(BOTH), make_phase({"other": 800.0}, finished="2026-02-01")

    assert stands(both, alone) is both


def test_arms_that_have_no_trials_do_not_count(make_phase: MakePhase) -> None:
    """A phase of many other arms is not better for it."""
    many, both = make_phase({"base": 1.0, "a": 1.0, "b": 1.0, "c": 1.0}, finished="2026-02-01"), make_phase(BOTH)

    assert stands(both, many) is both


def test_without_any_of_the_arms_no_phase_stands(make_phase: MakePhase) -> None:
    """Neither where there is none, nor where all arms have been redefined."""
    assert stands() is None
    assert stands(make_phase({"third": 1.0})) is None


@pytest.mark.parametrize(("name", "value"), [(name, f"another {name}") for name in CONDITIONS])
def test_a_phase_of_other_conditions_does_not_stand(make_phase: MakePhase, name: str, value: object) -> None:
    """A speed of another machine, device, data set or version of torch is never printed beside these trials."""
    phase = make_phase(BOTH)

    assert stands(phase) is phase
    assert stands(phase, **{name: value}) is None


def test_an_arm_is_of_its_definition(make_phase: MakePhase) -> None:
    """The name alone is not enough."""
    phase = make_phase(BOTH)
    speed = phase.arm("other", DEFINITIONS["other"])

    assert speed is not None
    assert speed["arm"] == "other"
    assert phase.arm("other", {**DEFINITIONS["other"], "dataset": "mnist"}) is None
    assert phase.arm("third", DEFINITIONS["other"]) is None
