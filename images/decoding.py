"""From a file's bytes to an upright image: by content and not by its name's ending, under the same limits for all."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageFile, UnidentifiedImageError

from images import errors
from images.eight_bits import Depth, in_eight_bits, is_grey
from images.formats import FORMATS
from images.picture import Picture

# Pillow itself refuses a PNG whose text chunk or colour profile unpacks to more than 1 MiB, whose texts unpack to
# more than 64 MiB together, and files that end early. Nothing here or elsewhere loosens that.
MOST_PIXELS = 16_000_000  # of a picture; the server: of all pictures of a request
LONGEST_SIDE = 16_384  # in pixels: a line of 16 million is no photograph, and takes as long as a hundred
LEAST_STRIPS, PIXELS_PER_STRIP = 256, 128  # a picture may be stored in that many strips, and one more per 128 pixels
SCAN = b"\xff\xda"  # begins a scan of a JPEG, and stands nowhere in its coded data
SCANNED_PIXELS = 20 * MOST_PIXELS  # of all scans together: a progressive JPEG has some ten, each goes over all pixels
ORIENTATION = 0x0112  # in EXIF: how the camera was held
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)  # the warning, where warnings are errors


class Header(NamedTuple):
    """A picture before it is decoded.

    Attributes:
        size: two sides in pixels; which is the width, only a photo's EXIF block says.
        grey: whether the file can hold no colours.
    """

    size: tuple[int, int]
    grey: bool


def read_file(path: Path) -> Picture:
    """Return the picture in a file; its name in messages is its path.

    Raises:
        PictureError: there is no such file, or as `read` has it.
    """
    return read(content_of(path), str(path))


def read(content: bytes, name: str, *, most_pixels: int = MOST_PIXELS, pixels_before: int = 0) -> Picture:
    """Return the picture in a file's bytes: the first of an animation, upright, 8 bits a channel.

    Args:
        content: the whole file.
        name: the file's, for messages.
        most_pixels: pixels it may have with those before it.
        pixels_before: pixels of pictures that count with this one.

    Raises:
        TooManyPixelsError: the picture is too large; it was not decoded.
        PictureError: the file is empty, broken, cut off, of another format, stored in a way that takes long to read,
            or its greys have no fixed range.
    """
    with _opened(content, name, most_pixels, pixels_before) as image:
        image.load()
        return Picture(in_eight_bits(_upright(image), Depth.of(image)))


def read_header(path: Path) -> Header:
    """Return what the beginning of a file says of its picture; the pixels, which may be broken, are not decoded.

    Raises:
        PictureError: as `read_file` has it, but for what only decoding shows.
    """
    with _opened(content_of(path), str(path), MOST_PIXELS, 0) as image:
        return Header(image.size, is_grey(image))


def content_of(path: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        PictureError: they cannot be had from the disk.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise errors.unopened(str(path), error) from error


@contextmanager
def _opened(content: bytes, name: str, most_pixels: int, pixels_before: int) -> Iterator[ImageFile.ImageFile]:
    """Give a file's image, not decoded yet, if it is within the limits; whatever Pillow raises becomes an error."""
    if not content:
        raise errors.empty(name)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check(image, content, name, most_pixels, pixels_before)
            yield image
    except errors.PictureError:
        raise
    except BOMBS as error:
        raise errors.too_many_pixels(name, None, most_pixels, pixels_before) from error
    except UnidentifiedImageError as error:
        raise errors.unknown_format(name) from error
    except Exception as error:  # Pillow's decoders raise anything on a damaged file
        raise errors.unreadable(name, " ".join(str(error).split()) or type(error).__name__) from error


def _check(image: ImageFile.ImageFile, content: bytes, name: str, most_pixels: int, pixels_before: int) -> None:
    width, height = image.size
    if _slow(image, content):
        raise errors.slow(name)
    if max(width, height) > LONGEST_SIDE:
        raise errors.too_long(name, (width, height), LONGEST_SIDE)
    if width * height > most_pixels - pixels_before:
        raise errors.too_many_pixels(name, (width, height), most_pixels, pixels_before)


def _slow(image: ImageFile.ImageFile, content: bytes) -> bool:
    """Return whether Pillow would decode an image in Python, a microsecond per byte or several per strip.

    Its decoders in Python are those of PPM with its numbers as words or up to another than 255 and 65535, and of BMP
    with run lengths. TIFF may have a strip for each pixel; a strip for each row is as programs write it. A JPEG may go
    over all of its pixels hundreds of times.
    """
    width, height = image.size
    if image.format == "JPEG" and content.count(SCAN) * width * height > SCANNED_PIXELS:
        return True
    many = len(image.tile) > LEAST_STRIPS + width * height // PIXELS_PER_STRIP
    return many or any(tile[0] in Image.DECODERS for tile in image.tile)


def _upright(image: Image.Image) -> Image.Image:
    """Return an image turned as its EXIF block says; a block that is broken says nothing."""
    try:
        turn = TURNS.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - Pillow raises anything on a broken block, and the pixels are whole
        return image
    return image if turn is None else image.transpose(turn)
