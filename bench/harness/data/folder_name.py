"""The name of a folder's data set, which holds everything that decides on its pixels: `folder:PATH?fit=crop`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from bench.harness.data.catalogue import FOLDER_PREFIX, DataError
from bench.harness.errors import unknown
from images.fit import FITS, Fit

LEAST_SIDE, MOST_SIDE = 4, 1024  # pixels
IMAGE_SIZE, FIT, ALLOW_DUPLICATES = "image-size", "fit", "allow-duplicates"
OPTIONS = (IMAGE_SIZE, FIT, ALLOW_DUPLICATES)


@dataclass(frozen=True)
class FolderName:
    """A folder of images, and the way it is read.

    Attributes:
        path: the folder, as it was given.
        image_size: side of the square that pictures are brought to, in pixels; None: chosen by their sizes.
        fit: the way in which a picture that is no square becomes one.
        allow_duplicates: the same picture may be in two splits.
    """

    path: str
    image_size: int | None = None
    fit: Fit = "stretch"
    allow_duplicates: bool = False

    def __str__(self) -> str:
        """Return the name, with what is not as it is by default."""
        options = [
            *([f"{IMAGE_SIZE}={self.image_size}"] if self.image_size is not None else []),
            *([f"{FIT}={self.fit}"] if self.fit != "stretch" else []),
            *([ALLOW_DUPLICATES] if self.allow_duplicates else []),
        ]
        return f"{FOLDER_PREFIX}{self.path}" + (f"?{'&'.join(options)}" if options else "")


def is_folder(name: str) -> bool:
    """Return whether a data set's name is that of a folder."""
    return name.startswith(FOLDER_PREFIX)


def folder_name(name: str) -> FolderName:
    """Return the parts of a folder's name.

    Raises:
        DataError: an unknown option behind the question mark, or a value that it cannot have.
    """
    text = name.removeprefix(FOLDER_PREFIX)
    path, mark, query = text.rpartition("?")
    if not mark or Path(text).is_dir():
        return FolderName(text)
    given = dict(parse_qsl(query, keep_blank_values=True))
    for option in given or {query: ""}:
        if option not in OPTIONS:
            raise DataError(unknown(f"option of {name}:", option, OPTIONS))
    return FolderName(path, _side(given.get(IMAGE_SIZE)), _fit(given.get(FIT)), ALLOW_DUPLICATES in given)


def with_options(name: str | None, options: Mapping[str, Any]) -> str | None:
    """Return a data set's name with the options of the command line that decide on a folder's pixels.

    Args:
        name: the data set; None: the protocol's own.
        options: values of `image_size`, `fit` and `allow_duplicates`, None or False where not given.

    Raises:
        DataError: a value that cannot be used, or one of them without a folder.
    """
    given = {
        **({} if options.get("image_size") is None else {IMAGE_SIZE: str(options["image_size"])}),
        **({} if options.get("fit") is None else {FIT: str(options["fit"])}),
        **({ALLOW_DUPLICATES: ""} if options.get("allow_duplicates") else {}),
    }
    if name is None or not is_folder(name):
        for option in given:
            raise DataError(f"--{option} is for folders of images: leave it out, or pass --dataset {FOLDER_PREFIX}PATH")
        return name
    named = folder_name(name)
    return str(
        FolderName(
            named.path,
            _side(given.get(IMAGE_SIZE)) or named.image_size,
            _fit(given[FIT]) if FIT in given else named.fit,
            named.allow_duplicates or ALLOW_DUPLICATES in given,
        )
    )


def _side(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and LEAST_SIDE <= int(text) <= MOST_SIDE):
        raise DataError(f"{IMAGE_SIZE} is {text!r}: give a number of pixels from {LEAST_SIDE} to {MOST_SIDE}")
    return int(text)


def _fit(text: str | None) -> Fit:
    for fit in FITS:
        if text in (fit, None):
            return fit
    raise DataError(unknown("fit", str(text), FITS))
