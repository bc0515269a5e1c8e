"""Finds the picture files of a folder's data set, by their content, and keeps account of whatever is not used."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.harness.data.catalogue import FOLDER_PREFIX, DataError
from bench.harness.data.holdout import PARTS, TEST, TRAIN, VALIDATION, Part
from images.decoding import Header, read_header
from images.errors import PictureError, UnknownFormatError

SPLIT_FOLDERS: Mapping[Part, tuple[str, ...]] = {
    TRAIN: ("train", "training"),
    VALIDATION: ("val", "valid", "validation"),
    TEST: ("test", "testing"),
}  # in any case
SPLIT_NAMES = frozenset(name for names in SPLIT_FOLDERS.values() for name in names)
SPLIT_FILE = "convbench-split.csv"  # which image is held out, where the folders do not say
HIDDEN = ("__MACOSX",)  # beside every name that begins with a dot
BROKEN = "broken or too large"
NAMED = 5  # files of a kind that are named; the others are counted
LEAST_CLASSES = 2


@dataclass(frozen=True)
class File:
    """A picture file, its class and what its header says."""

    path: Path
    label: str
    header: Header


@dataclass
class Unused:
    """Files and folders below a data set that are not used, by the reason."""

    names: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, name: str) -> None:
        """Note one more."""
        self.names.setdefault(reason, []).append(name)

    def lines(self) -> list[str]:
        """Return a line a reason: how many, and which."""
        lines = []
        for reason, names in self.names.items():
            rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            lines.append(f"not used, {reason}: {len(names)} ({', '.join(names[:NAMED])}{rest})")
        return lines


@dataclass(frozen=True)
class Contents:
    """Everything below a folder.

    Attributes:
        root: the folder that holds the splits; it may lie below the one that was named.
        by_part: the picture files below train/ (or of the whole folder where it has no train/), below val/ and below
            test/; None for a folder that there is not.
        unused: the rest.
    """

    root: Path
    by_part: Mapping[Part, Sequence[File] | None]
    unused: Unused


def find(folder: Path) -> Contents:
    """Return the picture files below a folder: PATH/train/<class>/ with PATH/test/<class>/, or PATH/<class>/ alone.

    A folder that holds one other folder and nothing else is gone through, as archives make them. Below a class, files
    are taken from every depth. Names that begin with a dot and __MACOSX are hidden: not looked into.

    Raises:
        DataError: there is no such folder, there are no pictures, or fewer than two classes.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: {FOLDER_PREFIX}PATH has PATH/train/<class>/ and PATH/test/<class>/")
    unused = Unused()
    root = _unwrapped(folder, unused)
    folders = {part: _split_folder(root, part) for part in PARTS}
    training = folders[TRAIN]
    if training is None:
        if folders[TEST] or folders[VALIDATION]:
            raise DataError(f"{root} has no train/: put the images to train on into {root}/train/<class>/")
        train = _files(root, unused, root)
        classes_of(root, train)
        return Contents(root, {TRAIN: train, VALIDATION: None, TEST: None}, unused)
    for path in _folders(root, unused):
        if path not in folders.values():
            unused.add("neither train/, val/ nor test/", f"{path.name}/")
    train = _files(training, unused, root)
    classes = classes_of(training, train)
    others = {
        part: None if folder is None else _files(folder, unused, root, classes)
        for part, folder in folders.items()
        if part != TRAIN
    }
    return Contents(root, {TRAIN: train, **others}, unused)


def _split_folder(root: Path, part: Part) -> Path | None:
    """Return the folder of a split, None where there is none.

    Raises:
        DataError: there are several.
    """
    folders = [path for path in _folders(root, None) if path.name.lower() in SPLIT_FOLDERS[part]]
    if len(folders) > 1:
        raise DataError(f"{root} has {' and '.join(f'{path.name}/' for path in folders)}: keep one of them")
    return folders[0] if folders else None


def classes_of(part: Path, files: Iterable[File]) -> tuple[str, ...]:
    """Return the classes of a folder's training images, sorted.

    Raises:
        DataError: there are fewer than LEAST_CLASSES.
    """
    classes = tuple(sorted({file.label for file in files}))
    if len(classes) < LEAST_CLASSES:
        has = f"one class, {classes[0]!r}" if classes else "no picture that can be read"
        raise DataError(f"{part} has {has}: at least {LEAST_CLASSES} are needed, a folder for each")
    return classes


def _unwrapped(folder: Path, unused: Unused) -> Path:
    """Return the folder itself, or the one below it that alone holds everything."""
    seen = [folder]
    while True:
        inside = _folders(folder, None)
        if len(inside) != 1 or inside[0].name.lower() in SPLIT_NAMES or not _folders(inside[0], None):
            return folder
        if any(not path.is_dir() and not _is_hidden(path) for path in folder.iterdir()):
            return folder
        _folders(folder, unused)
        folder = inside[0]
        if folder.resolve() in [path.resolve() for path in seen]:
            return folder
        seen.append(folder)


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name in HIDDEN


def _folders(folder: Path, unused: Unused | None) -> list[Path]:
    """Return the folders in a folder, sorted; note the hidden ones."""
    inside = sorted(path for path in folder.iterdir() if path.is_dir())
    for path in inside:
        if unused is not None and _is_hidden(path):
            count = sum(len(files) for _, _, files in os.walk(path))
            unused.add("hidden folders", f"{path.name}/ with {count} files")
    return [path for path in inside if not _is_hidden(path)]


def _files(part: Path, unused: Unused, root: Path, classes: Sequence[str] | None = None) -> list[File]:
    """Return the picture files of one split, sorted by path.

    Args:
        part: the split's folder.
        unused: takes what is left.
        root: the folder that names are relative to.
        classes: those of the training images, None for these themselves.
    """
    base = part if classes and {path.name for path in _folders(part, None)} & set(classes) else _unwrapped(part, unused)
    for path in sorted(base.iterdir()):
        if path.is_file() and not (_is_hidden(path) or path.name == SPLIT_FILE):
            unused.add("in no class's folder", str(path.relative_to(root)))
    files = []
    for folder in _folders(base, unused):
        pictures = list(_pictures(folder, unused, root))
        files += pictures
        if not pictures:
            unused.add("classes without a picture", f"{folder.relative_to(root)}/")
    if classes is not None:
        check_classes(part, files, classes)
    if not files:
        rest = f" ({'; '.join(unused.lines())})" if unused.names else ""
        raise DataError(f"no images in {part}: put them in {part}/<class>/, for example {part}/cat/1.png{rest}")
    return files


def check_classes(part: Path, files: Iterable[File], classes: Sequence[str]) -> None:
    """Check that a split has no class that the training images have not.

    Raises:
        DataError: it has.
    """
    unknown = sorted({file.label for file in files} - set(classes))
    if unknown:
        raise DataError(f"{part} has classes that train/ has not: {', '.join(unknown)}")


def _pictures(folder: Path, unused: Unused, root: Path) -> Iterator[File]:
    for path in _walk(folder, unused):
        try:
            yield File(path, folder.name, read_header(path))
        except UnknownFormatError:
            unused.add("no picture of a format that is read", str(path.relative_to(root)))
        except PictureError as error:
            unused.add(BROKEN, str(error))


def _walk(folder: Path, unused: Unused) -> Iterator[Path]:
    """Yield the files below a folder, at every depth, sorted; links are followed, but in no circle."""
    seen = {str(parent) for parent in folder.resolve().parents}  # a link upwards would take in other classes

    def note(error: OSError) -> None:
        unused.add("folders that cannot be read", f"{error.filename}: {error.strerror}")

    for current, folders, names in os.walk(folder, followlinks=True, onerror=note):
        seen.add(os.path.realpath(current))
        visible = {path.name for path in _folders(Path(current), unused)}
        folders[:] = sorted(name for name in visible if os.path.realpath(Path(current) / name) not in seen)
        for name in sorted(names):
            path = Path(current) / name
            if _is_hidden(path):
                unused.add("hidden files", name)
            elif path.exists() and not path.is_file():
                unused.add("neither files nor folders", name)
            else:
                yield path
