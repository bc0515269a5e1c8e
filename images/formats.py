"""The formats that are read: what their files are called and declared as. A file itself is read by its content."""

from collections.abc import Mapping
from typing import NamedTuple


class Names(NamedTuple):
    """The names that go with files of a format.

    Attributes:
        endings: the last parts of file names, in lower case, with their dot.
        media_types: in forms and headers.
    """

    endings: tuple[str, ...]
    media_types: tuple[str, ...]


NAMES: Mapping[str, Names] = {
    "PNG": Names((".png", ".apng"), ("image/png", "image/apng")),
    "JPEG": Names((".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), ("image/jpeg",)),
    "WEBP": Names((".webp",), ("image/webp",)),
    "BMP": Names((".bmp",), ("image/bmp", "image/x-ms-bmp")),
    "GIF": Names((".gif",), ("image/gif",)),
    "PPM": Names(
        (".ppm", ".pgm", ".pbm", ".pnm"),
        tuple(f"image/x-portable-{kind}" for kind in ("anymap", "pixmap", "graymap", "bitmap")),
    ),
    "TIFF": Names((".tif", ".tiff"), ("image/tiff",)),
}
FORMATS = tuple(NAMES)  # as Pillow calls them
ENDINGS = frozenset(ending for names in NAMES.values() for ending in names.endings)
MEDIA_TYPES = tuple(kind for names in NAMES.values() for kind in names.media_types)
