"""The model repository: its layout, and how versions get into it: numbered, staged beside, renamed, never overwritten.

    REPOSITORY/<model>/config.pbtxt            Triton's model configuration; the operator's, who may edit it
                       labels.txt              a class a line
                       <version>/model.onnx    weights inside
                                 golden.npz    image (16, channels, height, width) uint8, label, logits, probabilities
                                 card.json     what the model is, how it was made and judged
                                 SHA256SUMS    of all but config.pbtxt, as `sha256sum -c` reads it

Triton, KServe and OpenVINO Model Server load the same folder; the last three files are ours, and they ignore them.
Needs neither torch nor onnxruntime: the server imports it.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

INPUT, OUTPUTS = "image", ("logits", "probabilities")  # of every model's graph, and the arrays of GOLDEN
CONFIG, LABELS = "config.pbtxt", "labels.txt"
MODEL, GOLDEN, CARD, SUMS = "model.onnx", "golden.npz", "card.json", "SHA256SUMS"
SIGNED = (MODEL, GOLDEN, CARD, f"../{LABELS}")  # as named in SUMS
ONCE_SIGNED = f"../{CONFIG}"  # by earlier exports
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
LONGEST_NAME = 110  # of a float32 model: what its variants add must fit too
TEXT_BYTES = 1_000_000  # of a configuration, a card, labels or sums: they have some thousands
VERSION = re.compile(r"[1-9][0-9]{0,17}")


class RepositoryError(ValueError):
    """A model repository that is not as it should be; the message names the file."""


def model_name(text: str) -> str:
    """Return text as the name of a model: lower-case letters, digits, hyphens and underscores."""
    name = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:LONGEST_NAME]
    return name or "unnamed"


def models(repository: Path) -> list[str]:
    """Return the names of the models in a repository, sorted.

    Raises:
        RepositoryError: there is no such folder.
    """
    if not repository.is_dir():
        raise RepositoryError(f"no model repository at {repository}: run `python -m export`, or check the path")
    return sorted(path.name for path in repository.iterdir() if path.is_dir() and MODEL_NAME.fullmatch(path.name))


def versions(model: Path) -> list[int]:
    """Return the versions of a model, in ascending order."""
    if not model.is_dir():
        return []
    return sorted(int(path.name) for path in model.iterdir() if path.is_dir() and VERSION.fullmatch(path.name))


def read_card(version: Path) -> dict[str, Any]:
    """Return a version's card.

    Raises:
        RepositoryError: it is missing or not a JSON object.
    """
    path = version / CARD
    try:
        card = json.loads(read_text(path))
    except (OSError, ValueError) as error:
        raise RepositoryError(f"{path} cannot be read ({error}): export the model again") from error
    if not isinstance(card, dict):
        raise RepositoryError(f"{path} holds a {type(card).__name__}, not a JSON object: export the model again")
    return card


def read_text(path: Path) -> str:
    """Return the text of a file, or of what a symbolic link leads to.

    Raises:
        RepositoryError: it is no regular file: a pipe would keep its reader waiting; or it is too large.
        OSError, UnicodeDecodeError: it cannot be read.
    """
    if path.exists() and not path.is_file():
        raise RepositoryError(f"{path} is no regular file")
    if (size := path.stat().st_size) > TEXT_BYTES:
        raise RepositoryError(f"{path} has {size} bytes: it may have {TEXT_BYTES}")
    return path.read_text("utf-8")


@contextmanager
def staged(repository: Path, name: str) -> Iterator[Path]:
    """Yield an empty folder in the repository, beside the models; it is removed in the end if it is still there.

    What exports that were killed left there is removed too.
    """
    for left in repository.glob(".staging-*"):
        if not _alive(left.name.rpartition("-")[2]):
            shutil.rmtree(left, ignore_errors=True)
    folder = repository / f".staging-{name}-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _alive(process: str) -> bool:
    """Return whether a process of this machine runs; True where that cannot be told."""
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except OSError:
        return True
    return True


def publish(
    repository: Path, name: str, staging: Path, *, shared: Mapping[str, str], version: int | None = None
) -> Path:
    """Move a staged version into its place; return its folder.

    Args:
        repository: the folder of all models; `staging` is in it.
        name: name of the model.
        staging: holds MODEL, GOLDEN and CARD.
        shared: the text of CONFIG, which is written where there is none yet, and of LABELS.
        version: a number that does not exist yet; None for the next.

    Raises:
        RepositoryError: the version exists, or the model's other versions have other labels.
    """
    model = repository / name
    number = max(versions(model), default=0) + 1 if version is None else version
    target = model / str(number)
    if target.exists():
        raise RepositoryError(f"{target} exists, and versions are never overwritten: leave --version out")
    check_labels(model, shared[LABELS])
    (staging / SUMS).write_text(_sums(staging, shared), "utf-8", newline="\n")
    for path in staging.iterdir():
        _to_disk(path)
    new = [model / file for file in shared if not (model / file).exists()]
    made = not model.exists()
    try:
        model.mkdir(parents=True, exist_ok=True)
        for path in new:
            _write_whole(path, shared[path.name].encode())
        _move(staging, target)
    except BaseException:
        if not versions(model):  # another export that was faster shares these files
            for path in new:
                path.unlink(missing_ok=True)
            if made:
                with suppress(OSError):  # there is something of another's
                    model.rmdir()
        raise
    return target


def _move(staging: Path, target: Path) -> None:
    try:
        staging.rename(target)
    except OSError as error:
        if target.exists():
            raise RepositoryError(f"{target} exists: another export was faster; export again") from error
        raise


def check_labels(model: Path, text: str) -> None:
    """Check that a model's labels, where there are any, are those of another version.

    Raises:
        RepositoryError: they are not.
    """
    path = model / LABELS
    if path.exists() and path.read_bytes() != text.encode():
        raise RepositoryError(
            f"{path} differs from what this version needs: its versions share it, so remove the model or export "
            "to another repository"
        )


def _sums(staging: Path, shared: Mapping[str, str]) -> str:
    digests = {file: sha256(staging / file) for file in (MODEL, GOLDEN, CARD)}
    digests[f"../{LABELS}"] = hashlib.sha256(shared[LABELS].encode()).hexdigest()
    return "".join(f"{digests[file]}  {file}\n" for file in SIGNED)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sums(version: Path) -> None:
    """Check every file of a version against its SHA256SUMS.

    Raises:
        RepositoryError: a file is missing, was changed, or is not listed; the message names it.
    """
    try:
        lines = read_text(version / SUMS).splitlines()
    except FileNotFoundError as error:
        raise RepositoryError(f"{version / SUMS} is missing: export the model again") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RepositoryError(f"{version / SUMS} cannot be read ({error}): export the model again") from error
    expected = {file: digest for digest, _, file in (line.partition("  ") for line in lines)}
    expected.pop(ONCE_SIGNED, None)
    if set(expected) != set(SIGNED):
        raise RepositoryError(
            f"{version / SUMS} lists {sorted(expected)}, not {sorted(SIGNED)}: export the model again"
        )
    names = {path.name for path in version.iterdir() if not path.name.startswith(".")}  # .DS_Store and the like
    extra = sorted(names - {SUMS, MODEL, GOLDEN, CARD})
    if extra:
        raise RepositoryError(f"{version} holds {', '.join(extra)}, which {SUMS} does not list: remove it")
    for file, digest in expected.items():
        path = version.parent / file[3:] if file.startswith("../") else version / file
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise RepositoryError(f"{path} is {'a symbolic link' if path.is_symlink() else 'no regular file'}: copy it")
        if not path.exists():
            raise RepositoryError(f"{path} is missing: export the model again")
        if sha256(path) != digest:
            raise RepositoryError(f"{path} was changed: its SHA-256 is not that of {SUMS}; export the model again")


def _write_whole(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        _to_disk(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
