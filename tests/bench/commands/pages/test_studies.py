"""Tests of bench.commands.pages.studies."""

from pathlib import Path

from bench.commands.pages.studies import rooms_table, studies_table
from bench.harness.analysis.analyse import analyse
from tests.bench.conftest import MakeRecord


def test_a_study_has_its_arms_minutes_and_every_answer(make_record: MakeRecord) -> None:
    """The minutes are those of its trials together."""
    accuracies = {"base": 0.5, "other": 0.9}
    records = [make_record(arm, seed, accuracy=value) for arm, value in accuracies.items() for seed in range(5)]
    (result,) = analyse(records)

    row = [cell.strip() for cell in studies_table([result]).splitlines()[2].strip("|").split("|")]

    seconds = sum(
        sum(record.curves["epoch_seconds"]) + record.warmup_seconds + record.evaluation_seconds for record in records
    )
    assert row[1:] == [result.question, "2", f"{seconds / 60:.1f}", "other beat base by 40.0 points"]
    assert row[0].startswith(f"[{result.study}](test_")


def test_a_room_is_shown_with_its_docstring(tmp_path: Path) -> None:
    """Only the first line: the table has one line per room, wherever in the tree it is."""
    for name, text in (("a", '"""One.\n\nMore.\n"""'), ("a/b", '"""Two."""')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(text, "utf-8")

    assert [line.split("|")[1:3] for line in rooms_table(tmp_path).splitlines()[2:]] == [
        [" `a/`   ", " One.            "],
        [" `a/b/` ", " Two.            "],
    ]
