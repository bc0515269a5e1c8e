"""Why a picture file is refused: what is wrong, in which file, and what to do, in the same words for every user."""

from images.formats import FORMATS

REMEDY = "remove or replace it"


class PictureError(ValueError):
    """A file that does not become a picture; the message is one line, and opens with the file's name."""


class UnknownFormatError(PictureError):
    """A file whose content is of no format that is read, whatever its name ends in."""


class TooManyPixelsError(PictureError):
    """A picture that would take too much memory and time, refused before it is decoded."""


def empty(name: str) -> PictureError:
    """Return the error for a file without a byte."""
    return PictureError(f"{name} is empty: {REMEDY}")


def unreadable(name: str, reason: str) -> PictureError:
    """Return the error for a file whose content is broken or is no picture.

    Args:
        name: the file's, as its owner knows it.
        reason: a clause.
    """
    return PictureError(_unreadable(name, reason))


def unknown_format(name: str) -> UnknownFormatError:
    """Return the error for a file that opens like none of the formats."""
    return UnknownFormatError(_unreadable(name, "it is none of them, or it was changed on its way"))


def slow(name: str) -> PictureError:
    """Return the error for a file whose pixels only a slow decoder understands."""
    return PictureError(_unreadable(name, "it is stored in a way that takes long to read", "save it as PNG"))


def unopened(name: str, error: OSError) -> PictureError:
    """Return the error for a file whose bytes could not be had from the disk."""
    return PictureError(f"{name} cannot be read: {error.strerror or error}")


def too_many_pixels(name: str, size: tuple[int, int] | None, most: int, before: int) -> TooManyPixelsError:
    """Return the error for a picture beyond the limit.

    Args:
        name: the file's.
        size: width and height in pixels, None where the decoder did not get as far.
        most: pixels that are taken, together.
        before: pixels of the pictures before it.
    """
    pixels = "far too many pixels" if size is None else f"{size[0]} x {size[1]} pixels"
    others = f", those before it {before}" if before else ""
    return TooManyPixelsError(f"{name} has {pixels}{others}: at most {most} are taken: scale it down")


def too_long(name: str, size: tuple[int, int], most: int) -> TooManyPixelsError:
    """Return the error for a picture with a side beyond the limit.

    Args:
        name: the file's.
        size: width and height in pixels.
        most: pixels that a side may have.
    """
    return TooManyPixelsError(f"{name} has {size[0]} x {size[1]} pixels: at most {most} a side are taken: cut it")


def _unreadable(name: str, reason: str, remedy: str = REMEDY) -> str:
    return f"{name} is not a picture that can be read ({', '.join(FORMATS)}): {reason}: {remedy}"
