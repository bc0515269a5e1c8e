"""Pictures as a client sends them: one as a body or several as a form, under limits, as the model takes them."""

import logging
import re
from typing import NamedTuple
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from images.decoding import MOST_PIXELS, read
from images.errors import PictureError, TooManyPixelsError, UnknownFormatError
from images.fit import Fit
from images.ground import Ground
from images.look import looks
from images.picture import Picture as Decoded
from images.picture import Pixels
from images.polarity import oriented
from serve.errors import RequestError

MOST_PICTURES = 64  # of a request
HEAD_BYTES = 4096  # of a part of a form
MOST_HEADERS = 8  # of a part of a form
FILE_NAME = re.compile(rb"""filename\*\s*=\s*[^\s;']*'[^\s;']*'([^\s;]*)""", re.IGNORECASE)  # filename*=UTF-8''a%20b

logging.getLogger("python_multipart").addHandler(logging.NullHandler())  # a broken form is told to who sent it


class Picture(NamedTuple):
    """A picture as the model takes it.

    Attributes:
        name: its file's.
        pixels: uint8 (channels, height, width).
        inverted: dark and light were exchanged.
        look: see `images.look`.
    """

    name: str
    pixels: Pixels
    inverted: bool
    look: tuple[float, ...]


class Part(NamedTuple):
    """A part of a form: the name of its file, or else its place, and the file."""

    name: str
    content: bytes


def pictures(
    content_type: str,
    body: bytes,
    dims: tuple[int, ...],
    *,
    invert: bool | None,
    ground: Ground | None = None,
    fit: Fit = "stretch",
    most: int = MOST_PICTURES,
) -> list[Picture]:
    """Return the pictures of a request: one as its body, or several as multipart/form-data.

    Args:
        content_type: the request's.
        body: the request's.
        dims: channels, height, width that the model takes.
        invert: exchange dark and light; None: where a grey picture has dark strokes on light paper, and the model's
            data set has not, as MNIST has not.
        ground: the data set's, under what is transparent; None: the model's card does not say.
        fit: the way in which a picture of another shape is brought to its size; the model's card says it.
        most: pictures that the model takes in one request.

    Raises:
        RequestError: 400, not a picture, or too many; 413, too many pixels.
    """
    single = content_type.partition(";")[0].strip().lower() != "multipart/form-data"
    if single and not body:
        raise RequestError(400, "the body is empty: send the picture, with curl as --data-binary @FILE")
    parts = [Part("", body)] if single else _parts(content_type, body, min(most, MOST_PICTURES))
    taken: list[Picture] = []
    pixels = 0
    for part in parts:
        decoded = _decoded(part, pixels)
        pixels += decoded.size[0] * decoded.size[1]
        seen, inverted = oriented(decoded, dims, ground, fit, invert=invert)
        taken.append(Picture(part.name, seen, inverted, tuple(map(float, looks(seen[None])[0]))))
    return taken


def _decoded(part: Part, pixels_before: int) -> Decoded:
    """Return the picture in a part.

    Raises:
        RequestError: 400, there is none; 413, it has too many pixels.
    """
    name = f"{part.name[:100]!r}" if part.name else "the body"
    try:
        return read(part.content, name, most_pixels=MOST_PIXELS, pixels_before=pixels_before)
    except TooManyPixelsError as error:
        raise RequestError(413, str(error)) from error
    except UnknownFormatError as error:
        hint = "" if part.name else " (curl's -d drops the ends of lines, --data-binary does not)"
        raise RequestError(400, f"{error}{hint}") from error
    except PictureError as error:
        raise RequestError(400, str(error)) from error


def _parts(content_type: str, body: bytes, most: int) -> list[Part]:
    """Return the parts of a form. None is looked into: one that is a form itself is no picture.

    Raises:
        RequestError: 400, it is no form, or it has no pictures or too many.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    mark, form = b"\r\n--" + boundary, b"\r\n" + body
    # Counted before the form is read: the library calls Python for every part, and a body may hold a million.
    marks = form.count(mark) if boundary else 0
    if marks < 1:
        raise _no_form()
    if not form.startswith(b"--", form.rfind(mark) + len(mark)):  # the last boundary ends the form
        raise RequestError(400, "the form is cut off: its last boundary is missing")
    if not 1 <= marks - 1 <= most:
        raise RequestError(400, f"the request has {marks - 1} pictures: 1 to {most} are taken")
    # The library goes through blanks behind a boundary byte by byte, in Python: seconds for a body full of them.
    if re.search(re.escape(mark) + rb"[ \t]", form):
        raise _no_form()
    reader = _Form(boundary)
    parts = reader.read(form[form.find(mark) + 2 :])  # what stands before the first boundary is no part
    if reader.ended != marks - 1:  # another boundary ended the form, or was none
        raise _no_form()
    if not parts:
        raise RequestError(400, "the form has no picture: its fields are text, or no file was chosen")
    return parts


class _Form:
    """Collects the pictures of a form as the parser meets its parts: fields of text, or without a file, are none.

    Args:
        boundary: between the parts.

    Raises:
        RequestError: 400, the boundary is too long.
    """

    def __init__(self, boundary: bytes) -> None:
        self.parts: list[Part] = []
        self._name, self._disposition, self._content = bytearray(), bytearray(), bytearray()
        self._place = self._head_bytes = self.ended = 0
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begins,
                    "on_header_begin": self._name.clear,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_part_data": self._data,
                    "on_part_end": self._part_ends,
                },
                max_header_count=MOST_HEADERS,
                max_header_size=HEAD_BYTES,
            )
        except FormParserError as error:
            raise _no_form() from error

    def read(self, body: bytes) -> list[Part]:
        """Return the parts of a whole form.

        Raises:
            RequestError: 400, it is broken.
        """
        try:
            self._parser.write(body)
        except FormParserError as error:
            raise self._headless() if self._place else _no_form() from error
        if self.ended < self._place:
            raise self._headless()
        return self.parts

    def _part_begins(self) -> None:
        self._place += 1
        self._head_bytes = 0
        self._disposition.clear()
        self._content = bytearray()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        if self._name.lower() == b"content-disposition":
            self._disposition[:] = data[start:end]

    def _count(self, head_bytes: int) -> None:
        self._head_bytes += head_bytes
        if self._head_bytes > HEAD_BYTES:
            raise self._headless()

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _part_ends(self) -> None:
        self.ended += 1
        name, content = _file_name(bytes(self._disposition)), bytes(self._content)
        if name or not _is_text(content):
            self.parts.append(Part(name or f"part {self._place}", content))

    def _headless(self) -> RequestError:
        return RequestError(400, f"part {self._place} of the form has no headers that end within {HEAD_BYTES} bytes")


def _is_text(content: bytes) -> bool:
    """Return whether it is what a field of a form holds, also nothing at all."""
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _no_form() -> RequestError:
    return RequestError(400, "the body is not multipart/form-data with the boundary that its content-type names")


def _file_name(disposition: bytes) -> str:
    """Return the name of a part's file, nothing where it has none.

    Raises:
        RequestError: 400, the part is a field that would be ignored.
    """
    _, given = parse_options_header(disposition)
    name = given.get(b"filename", b"").decode("utf-8", "replace")
    extended = FILE_NAME.search(disposition)  # forms should not have it, some clients do, and the library drops it
    if extended:
        name = unquote(extended[1].decode("latin-1"), errors="replace")
    if given.get(b"name") == b"invert" and not name:
        raise RequestError(400, "invert belongs into the URL: ?invert=true")
    return name
