"""Pictures as a client has them: decoded under limits and converted as the training images were."""

import io
import re
from typing import NamedTuple
from urllib.parse import unquote

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from export.repository.golden import Pixels
from serve.errors import RequestError

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 16_000_000  # of all pictures of a request, before they are scaled
MOST_PICTURES = 64  # of a request
HEAD_BYTES = 4096  # of a part of a form
LIGHT = 127  # a grey picture whose rim is lighter on average has dark strokes on light paper
EIGHT_BITS = 255
PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s;"]*))', re.DOTALL)  # ; name="value"


class Picture(NamedTuple):
    """A picture as the model takes it: uint8 (channels, height, width), and whether dark and light were exchanged."""

    name: str
    pixels: Pixels
    inverted: bool


class Part(NamedTuple):
    """A part of a form: the name of its file, or else its place, and the file."""

    name: str
    content: bytes


def pictures(
    content_type: str, body: bytes, dims: tuple[int, ...], *, invert: bool | None, most: int = MOST_PICTURES
) -> list[Picture]:
    """Return the pictures of a request: one as its body, or several as multipart/form-data.

    Args:
        content_type: of the request.
        body: of the request.
        dims: channels, height, width that the model takes.
        invert: exchange dark and light; None: where a grey picture has dark strokes on light paper, since MNIST's
            digits are light on dark.
        most: pictures that the model takes a request.

    Raises:
        RequestError: 400, not a picture, or too many; 413, too many pixels.
    """
    single = content_type.partition(";")[0].strip().lower() != "multipart/form-data"
    parts = [Part("", body)] if single else _parts(content_type, body, min(most, MOST_PICTURES))
    found: list[Picture] = []
    left = MOST_PIXELS
    for part in parts:
        with _opened(part) as image:
            width, height = image.size
            if width * height > left:
                others = "" if left == MOST_PIXELS else f", those before it {MOST_PIXELS - left}"
                raise RequestError(
                    413,
                    f"{_where(part)} has {width} x {height} pixels{others}: at most {MOST_PIXELS} are taken",
                )
            left -= width * height
            found.append(_picture(part, image, dims, invert))
    return found


def _parts(content_type: str, body: bytes, most: int) -> list[Part]:
    """Return the parts of a form. None is looked into: one that is a form itself is no picture.

    Raises:
        RequestError: 400, it is no form, or it has no pictures or too many.
    """
    boundary = _parameters(content_type).get("boundary", "").encode("latin-1", "replace")
    mark = b"\r\n--" + boundary
    body = b"\r\n" + body
    marks = body.count(mark) if boundary else 0
    if marks < 1:
        raise RequestError(400, "the body is not multipart/form-data with the boundary that its content-type names")
    if not body.startswith(b"--", body.rfind(mark) + len(mark)):  # the last boundary ends the form
        raise RequestError(400, "the form is cut off: its last boundary is missing")
    if not 1 <= marks - 1 <= most:
        raise RequestError(400, f"the request has {marks - 1} pictures: 1 to {most} are taken")
    pieces = body.split(mark)[1:-1]
    return [_part(place, piece) for place, piece in enumerate(pieces, 1)]


def _part(place: int, piece: bytes) -> Part:
    """Return a part, from behind its boundary."""
    end = piece.find(b"\r\n\r\n", 0, HEAD_BYTES)
    if end < 0:
        raise RequestError(400, f"part {place} of the form has no headers that end within {HEAD_BYTES} bytes")
    given: dict[str, str] = {}
    for line in piece[:end].decode("utf-8", "replace").split("\r\n"):
        if line.lower().startswith("content-disposition:"):
            given = _parameters(line)
    name = given.get("filename", "")
    if "filename*" in given:  # charset'language'percent-encoded
        name = unquote(given["filename*"].rpartition("'")[2], errors="replace")
    if given.get("name") == "invert" and not name:
        raise RequestError(400, "invert belongs into the URL: ?invert=true")
    return Part(name or f"part {place}", piece[end + 4 :])


def _parameters(header: str) -> dict[str, str]:
    """Return the parameters of a header, such as `; name="value"`."""
    return {
        name.lower(): re.sub(r'\\(["\\])', r"\1", quoted) or plain for name, quoted, plain in PARAMETER.findall(header)
    }


def _where(part: Part) -> str:
    return f"{part.name[:100]!r}" if part.name else "the body"


def _opened(part: Part) -> Image.Image:
    """Return an image whose pixels are not yet decoded.

    Raises:
        RequestError: 400, it is none.
    """
    if not part.content:
        raise RequestError(400, f"{_where(part)} is empty: send the picture, with curl as --data-binary @FILE")
    try:
        return Image.open(io.BytesIO(part.content), formats=FORMATS)
    except Exception as error:  # Pillow raises anything on a damaged file
        raise _unreadable(part, error) from error


def _picture(part: Part, image: Image.Image, dims: tuple[int, ...], invert: bool | None) -> Picture:
    try:
        pixels = _converted(ImageOps.exif_transpose(image), dims)  # cameras note how they were held
    except Exception as error:  # as above
        raise _unreadable(part, error) from error
    dark_on_light = dims[0] == 1 and _rim(pixels[0]) > LIGHT
    inverted = dark_on_light if invert is None else invert
    return Picture(part.name, EIGHT_BITS - pixels if inverted else pixels, inverted)


def _unreadable(part: Part, error: Exception) -> RequestError:
    kinds = ", ".join(FORMATS)
    return RequestError(400, f"{_where(part)} is not a picture that can be read ({kinds}): {_line(error)}")


def _converted(image: Image.Image, dims: tuple[int, ...]) -> Pixels:
    """Return a picture in the model's channels and size; what is transparent lies on white paper."""
    channels, height, width = dims
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits: the upper eight are what is seen
        image = Image.fromarray((np.asarray(image).astype(np.float64) / 257).clip(0, EIGHT_BITS).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image, dtype=np.uint8)
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _rim(grey: Pixels) -> float:
    """Return the mean of a picture's outermost pixels."""
    return float(np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]]).mean())


def _line(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        changed = "curl's -d drops the ends of lines, --data-binary does not"
        return f"it is none of them, or it was changed on its way: {changed}"
    return " ".join(str(error).split()) or type(error).__name__
