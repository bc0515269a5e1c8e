"""The splits of a folder's data set: its folders name them, or they are held out by hash and kept in a file."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from bench.harness.data.catalogue import DataError
from bench.harness.data.folder_files import SPLIT_FILE, File
from bench.harness.data.holdout import (
    LEAST_PER_CLASS,
    PARTS,
    TEST,
    TRAIN,
    VALIDATION,
    Part,
    TooFewError,
    digest,
    split_class,
)
from bench.harness.files import write_text
from images.picture import Pixels

HEADER = ["sha256", "split", "file"]
PURPOSES = {TRAIN: "train on", VALIDATION: "validate", TEST: "test on"}


@dataclass(frozen=True)
class Decoded:
    """A file with its pixels, (channels, side, side) uint8, and the SHA-256 of its bytes."""

    file: File
    pixels: Pixels
    digest: str


@dataclass(frozen=True)
class Split:
    """The images of a folder by part, and what is to be said of how they came there."""

    parts: dict[Part, list[Decoded]]
    notes: list[str] = field(default_factory=list)


def split_files(root: Path, classes: Sequence[str], read: Mapping[Part, Sequence[Decoded] | None]) -> Split:
    """Return the images by part: those of folders where there are folders, the others held out from the training ones.

    The choice is kept in SPLIT_FILE, so that images which are added later move none.

    Args:
        root: the folder of the data set.
        classes: names.
        read: the images of each part's folder; None: there is no such folder.

    Raises:
        DataError: a class has too few images, or the file of an earlier choice is damaged.
    """
    train = read[TRAIN] or ()
    held_out = [part for part in (TEST, VALIDATION) if read[part] is None]
    parts: dict[Part, list[Decoded]] = {part: list(read[part] or ()) if part != TRAIN else [] for part in PARTS}
    if not held_out:
        return Split({**parts, TRAIN: list(train)})
    path = root / SPLIT_FILE
    kept = read_kept(path)
    missing = []
    for label in classes:
        images = [image for image in train if image.file.label == label]
        try:
            chosen = split_class([image.digest for image in images], held_out, kept)
        except TooFewError as error:
            missing.append(f"{label} has {len({image.digest for image in images})} and needs {error.missing} more")
            continue
        for image, part in zip(images, chosen, strict=True):
            parts[part].append(image)
    if missing:
        purposes = ", ".join(f"{LEAST_PER_CLASS} to {PURPOSES[part]}" for part in (TRAIN, *held_out))
        raise DataError(
            f"{root} has too few different images of {len(missing)} of {len(classes)} classes: "
            f"{'; '.join(missing)} ({purposes})"
        )
    words = " and ".join(f"to {PURPOSES[part]}" for part in held_out)
    sixth = "a sixth of each class" if len(held_out) == 1 else "a sixth of each class each"
    return Split(parts, [f"held out {words}: {sixth}, by a hash of the file{_keep(path, parts, kept)}"])


def read_kept(path: Path) -> dict[str, Part]:
    """Return the split of each image that was chosen before, by the SHA-256 of its file; empty without a file.

    Raises:
        DataError: a line is not as it was written.
    """
    if not path.is_file():
        return {}
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8", errors="replace"))))
    for number, row in enumerate(rows, start=1):
        if row[:2] != HEADER[:2] and (len(row) != len(HEADER) or row[1] not in PARTS):
            raise DataError(f"{path}, line {number} is {','.join(row)!r}: mend it, or remove the file to split anew")
    return {row[0]: cast("Part", row[1]) for row in rows if row != HEADER}


def _keep(path: Path, parts: Mapping[Part, Sequence[Decoded]], kept: Mapping[str, Part]) -> str:
    """Write the choice where it is new, and return in words where it is."""
    chosen = {image.digest: (part, image.file.path) for part, images in parts.items() for image in images}
    if chosen.keys() - kept.keys():
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(HEADER)
        gone = {image_digest: (part, Path()) for image_digest, part in kept.items() if image_digest not in chosen}
        for image_digest, (part, file) in sorted({**chosen, **gone}.items(), key=lambda item: (item[1][1], item[0])):
            name = _printable(file.relative_to(path.parent).as_posix()) if file != Path() else ""
            rows.writerow([image_digest, part, name])
        try:
            write_text(path, text.getvalue())
        except OSError as error:
            return f"; not kept ({error.strerror}), so that added images may move some of a small class"
    return f", kept in {path}"


def _printable(name: str) -> str:
    """Return a file's name on one line: line ends, and bytes that are no UTF-8, are escaped."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)


def check_duplicates(root: Path, split: Split, *, allowed: bool) -> list[str]:
    """Return a line where images are in two splits and that was allowed.

    Raises:
        DataError: the same image, by its file or by its pixels, is in two splits.
    """
    first: dict[str, tuple[Part, Path]] = {}
    doubles: list[tuple[Path, Path]] = []
    for part in PARTS:
        for image in split.parts[part]:
            pixels = digest(image.pixels.tobytes())
            earlier = [first[key] for key in (image.digest, pixels) if key in first and first[key][0] != part]
            if earlier:
                doubles.append((earlier[0][1].relative_to(root), image.file.path.relative_to(root)))
            for key in (image.digest, pixels):
                first.setdefault(key, (part, image.file.path))
    if not doubles:
        return []
    one, other = doubles[0]
    more = f", and {len(doubles) - 1} more" if len(doubles) > 1 else ""
    if allowed:
        return [f"in two splits: {len(doubles)} images, such as {one} and {other}: accuracies are too high by them"]
    raise DataError(
        f"{root}: the same image is in two splits, {one} and {other}{more}: remove one of them, or pass "
        "--allow-duplicates"
    )
