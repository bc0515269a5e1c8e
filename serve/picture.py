"""Pictures as a client has them: decoded under limits and converted as the training images were."""

import io
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from serve.engine import Pixels
from serve.errors import RequestError

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 16_000_000  # of a picture, before it is scaled
MOST_PICTURES = 64  # of a request
LIGHT = 127  # a grey picture whose rim is lighter on average has dark strokes on light paper
EIGHT_BITS = 255


class Picture(NamedTuple):
    """A picture as the model takes it: uint8 (channels, height, width), and whether dark and light were exchanged."""

    name: str
    pixels: Pixels
    inverted: bool


def pictures(content_type: str, body: bytes, dims: tuple[int, ...], *, invert: bool | None) -> list[Picture]:
    """Return the pictures of a request: one as its body, or several as multipart/form-data.

    Args:
        content_type: of the request.
        body: of the request.
        dims: channels, height, width that the model takes.
        invert: exchange dark and light; None: where a grey picture has dark strokes on light paper, since MNIST's
            digits are light on dark.

    Raises:
        RequestError: 400, not a picture, or too many; 413, too many pixels.
    """
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        return [_picture("", body, dims, invert)]
    message = BytesParser(policy=HTTP).parsebytes(f"content-type: {content_type}\r\n\r\n".encode("latin-1") + body)
    if not message.is_multipart():
        raise RequestError(400, "the body is not multipart/form-data with the boundary that its content-type names")
    parts = list(message.iter_parts())
    if not 1 <= len(parts) <= MOST_PICTURES:
        raise RequestError(400, f"the request has {len(parts)} pictures: 1 to {MOST_PICTURES} are taken")
    return [
        _picture(part.get_filename() or f"part {place}", _content(part), dims, invert)
        for place, part in enumerate(parts)
    ]


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _picture(name: str, content: bytes, dims: tuple[int, ...], invert: bool | None) -> Picture:
    where = f"{name!r}" if name else "the body"
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise RequestError(413, f"{where} has {width} x {height} pixels: at most {MOST_PIXELS} are taken")
            pixels = _converted(image, dims)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        kinds = ", ".join(FORMATS)
        raise RequestError(400, f"{where} is not a picture that can be read ({kinds}): {_line(error)}") from error
    dark_on_light = dims[0] == 1 and _rim(pixels[0]) > LIGHT
    inverted = dark_on_light if invert is None else invert
    return Picture(name, EIGHT_BITS - pixels if inverted else pixels, inverted)


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


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
