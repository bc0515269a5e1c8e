"""Versions put into a repository as an export does it, or as nobody should."""

import hashlib
import shutil
from pathlib import Path

SHARED = ("config.pbtxt", "labels.txt")
SUMS = "SHA256SUMS"


def put_version(source: Path, model: Path, number: int) -> Path:
    """Copy a version into a model as this number, whole and with sums that hold there; return its folder."""
    model.mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        if not (model / name).exists():
            text = (source.parent / name).read_text("utf-8")
            (model / name).write_text(text.replace(f'"{source.parent.name}"', f'"{model.name}"'), "utf-8")
    staged = model / f".{number}.part"
    shutil.copytree(source, staged)
    sum_up(staged)
    return staged.rename(model / str(number))


def sum_up(version: Path) -> None:
    """Write sums that hold."""
    names = [line.partition("  ")[2] for line in (version / SUMS).read_text("utf-8").splitlines()]
    lines = [f"{hashlib.sha256((version / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (version / SUMS).write_text("".join(lines), "utf-8")
