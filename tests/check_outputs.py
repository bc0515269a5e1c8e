"""Check what a finished `pytest bench/` left: `python -m tests.check_outputs results/smoke results/benchmark.json`."""

import json
import re
import sys
from pathlib import Path

from bench.harness.machine.device import resolve_device
from bench.harness.records.record import load
from bench.harness.records.speed import load_speeds
from bench.harness.run.selection import left_out
from bench.harness.study.discovery import load_studies
from bench.harness.study.study import Study

SUFFIXES = ("md", "csv", "tex")


def _is_run(study: Study) -> bool:
    """Return whether a study has arms that are not left out on this machine."""
    out = left_out(study, "smoke", lambda: resolve_device("auto")).arms
    return not study.on_request and set(study.arm_names("smoke")) > out


def refuse(constant: str) -> None:
    """Refuse what strict JSON has not: NaN and infinities."""
    raise ValueError(f"{constant} is not JSON")


def problems(folder: Path, benchmark_json: Path) -> list[str]:
    """Return what is missing or wrong, nothing if all is well."""
    rows = json.loads(benchmark_json.read_text("utf-8"), parse_constant=refuse)["benchmarks"]
    records = load(folder / "records.jsonl")
    trials = [row for row in rows if row["extra_info"]["kind"] == "trial"]
    faults = []
    if {row["extra_info"]["record_id"] for row in trials} != {record.record_id for record in records}:
        faults.append(
            f"{benchmark_json} has {len(trials)} trials, records.jsonl {len(records)} records: not the same trials"
        )
    faults += [f"{row['name']}: rounds are not epochs" for row in trials if not _rounds_are_epochs(row)]
    timed = {(row["extra_info"]["study"], row["extra_info"]["arm"]) for row in rows if row not in trials}
    phases = {(phase.study, arm["arm"]) for phase in load_speeds(folder) for arm in phase.arms}
    if not timed == phases == {(record.study, record.arm) for record in records}:
        faults.append(f"{benchmark_json} has the speed of {len(timed)} arms, speed/ of {len(phases)}: not the records'")
    faults += [
        f"{record.study}/{record.arm}: no {record.checkpoint}" for record in records if not _saved(folder, record)
    ]
    for study in filter(_is_run, load_studies()):
        for suffix in SUFFIXES:
            if not list((folder / "tables").glob(f"{study.name}*.{suffix}")):
                faults.append(f"{study.name}: no table as {suffix}")
        if len(list((folder / "figures").glob(f"{study.name}-*.svg"))) < 2:
            faults.append(f"{study.name}: figures are missing")
    report = (folder / "report.html").read_text("utf-8")
    if re.search(r"""(src|href)=["']https?:""", report):
        faults.append("report.html loads something from the network")
    run = filter(_is_run, load_studies())
    faults += [f"report.html lacks {study.name}" for study in run if study.question not in report]
    return faults


def _rounds_are_epochs(row: dict[str, dict[str, int]]) -> bool:
    return row["stats"]["rounds"] == row["extra_info"]["epochs"]


def _saved(folder: Path, record: object) -> bool:
    name = getattr(record, "checkpoint", None)
    return isinstance(name, str) and (folder / name).is_file() and (folder / name).with_suffix(".json").is_file()


if __name__ == "__main__":
    wrong = problems(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(wrong) or "outputs: complete")  # noqa: T201 - a command's answer
    sys.exit(bool(wrong))
