"""Small odd picture files, made here: every kind of pixel, turned, moving, and broken in every way."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

ORIENTATION = 0x0112  # of EXIF
JPEG_BEGINS = b"\xff\xd8\xff"
SIDE = 8  # pixels; the pictures are SIDE high and WIDE wide
WIDE = 10
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
COLOUR = np.random.default_rng(0).integers(0, 256, (SIDE, WIDE, 3), dtype=np.uint8)
GREY = COLOUR[..., 0].copy()
ALPHA = COLOUR[..., 1].copy()
DEEP = np.random.default_rng(1).integers(0, 65536, (SIDE, WIDE), dtype=np.uint16)


def encoded(picture: np.ndarray | Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return a picture file."""
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned(kind: str, orientation: int, pixels: np.ndarray = COLOUR) -> bytes:
    """Return a file whose EXIF block says how the camera was held."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(pixels, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))


def tiff(values: np.ndarray) -> bytes:
    """Return an uncompressed grey TIFF in the type of its values, also in those that Pillow does not write."""
    sample_format = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    height, width = values.shape
    entries = [(256, width), (257, height), (258, 8 * values.itemsize), (259, 1), (262, 1), (273, 0), (277, 1)]
    entries += [(278, height), (279, values.nbytes), (339, sample_format)]
    offset = 8 + 2 + 12 * len(entries) + 4
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, offset if tag == 273 else value) for tag, value in entries)
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + directory + bytes(4) + values.tobytes()


def in_strips(height: int) -> bytes:
    """Return an uncompressed grey TIFF, one pixel wide, with a strip for each of its pixels."""
    entries = [(256, 1, 1), (257, 1, height), (258, 1, 8), (259, 1, 1), (262, 1, 1), (277, 1, 1), (278, 1, 1)]
    offset = 8 + 2 + 12 * (len(entries) + 2) + 4
    entries += [(273, height, offset), (279, height, offset + 4 * height)]
    directory = b"".join(struct.pack("<HHII", tag, 4, count, value) for tag, count, value in sorted(entries))
    places, lengths = struct.pack("<I", 8) * height, struct.pack("<I", 1) * height
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + directory + bytes(4) + places + lengths


def with_chunk(png: bytes, name: bytes, content: bytes) -> bytes:
    """Return a PNG with one more chunk, behind its header."""
    chunk = struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return png[:33] + chunk + png[33:]


def moving(kind: str) -> bytes:
    """Return an animation whose first picture is unlike the others."""
    others = [Image.fromarray(255 - COLOUR), Image.fromarray(COLOUR // 2)]
    return encoded(COLOUR, kind, save_all=True, append_images=others, **({"lossless": True} if kind == "WEBP" else {}))


def with_a_second(orientation: int = 1) -> bytes:
    """Return a JPEG as phones write it: another, smaller picture behind the one that is seen."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(COLOUR, "MPO", save_all=True, append_images=[Image.fromarray(255 - COLOUR[:, :SIDE])], exif=exif)


def with_scans(count: int) -> bytes:
    """Return a progressive JPEG of 16 million pixels whose last scan is there so many times more."""
    content = encoded(Image.new("L", (4000, 4000)), "JPEG", progressive=True)
    place = content.rindex(b"\xff\xda")
    return content[:-2] + content[place:-2] * count + content[-2:]


def run_lengths() -> bytes:
    """Return a BMP whose rows are compressed, which Pillow does not write."""
    rows, start = b"\x0a\x01\0\0" * SIDE, 14 + 40 + 4 * 256
    head = struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start)
    return head + struct.pack("<IiiHHIIiiII", 40, WIDE, SIDE, 1, 8, 1, len(rows), 0, 0, 256, 256) + bytes(1024) + rows


def _greys() -> Iterator[tuple[str, bytes]]:
    image = Image.fromarray(GREY)
    yield "grey.png", encoded(GREY)
    yield "one bit.png", encoded(image.convert("1"))
    yield "grey and alpha.png", encoded(Image.merge("LA", (image, Image.fromarray(ALPHA))))
    yield "a grey is transparent.png", encoded(image, transparency=int(GREY[3, 3]))
    yield "one bit is transparent.png", encoded(image.convert("1"), transparency=0)
    yield "grey.bmp", encoded(GREY, "BMP")
    yield "grey.pgm", encoded(GREY, "PPM")
    yield "16 bits.png", encoded(DEEP)
    yield "16 bits, one is transparent.png", with_chunk(encoded(DEEP), b"tRNS", struct.pack(">H", DEEP[3, 3]))
    yield "16 bits.tiff", encoded(DEEP, "TIFF")
    yield "16 bits.pgm", encoded(DEEP, "PPM")
    yield "16 bits with a sign.tiff", tiff((DEEP >> 1).astype(np.int16))
    yield "32 bits.tiff", tiff(DEEP.astype(np.uint32) << 16)
    yield "32 bits with a sign.tiff", tiff(DEEP.astype(np.int32) << 15)
    yield "floats.tiff", tiff(DEEP.astype(np.float32) / 65535)
    yield "floats.pfm.ppm", encoded(Image.fromarray(DEEP.astype(np.float32) / 65535), "PPM")


def _colours() -> Iterator[tuple[str, bytes]]:
    image, alpha = Image.fromarray(COLOUR), Image.fromarray(ALPHA)
    palette = image.quantize(16)
    yield "colour.png", encoded(COLOUR)
    yield "colour and alpha.png", encoded(Image.merge("RGBA", (*image.split(), alpha)))
    yield "colour and alpha.webp", encoded(Image.merge("RGBA", (*image.split(), alpha)), "WEBP", lossless=True)
    yield "a colour is transparent.png", encoded(image, transparency=tuple(int(part) for part in COLOUR[3, 3]))
    yield "palette.png", encoded(palette)
    yield "palette, one is transparent.png", encoded(palette, transparency=3)
    yield "palette, some let through.png", encoded(palette, transparency=bytes(range(0, 256, 16)))
    yield "palette.gif", encoded(palette, "GIF")
    yield "palette, one is transparent.gif", encoded(palette, "GIF", transparency=3)
    yield "colour.jpg", encoded(COLOUR, "JPEG", quality=90)
    yield "two pictures.jpg", with_a_second()
    yield "two pictures.mpo", with_a_second()
    yield "two pictures, turned.jpg", with_a_second(orientation=6)
    yield "the second picture is missing.jpg", with_a_second().rpartition(JPEG_BEGINS)[0]
    yield "colour.jfif", encoded(COLOUR, "JPEG")
    yield "colour.jpe", encoded(COLOUR, "JPEG")
    yield "printing inks.jpg", encoded(image.convert("CMYK"), "JPEG")
    yield "printing inks.tiff", encoded(image.convert("CMYK"), "TIFF")
    yield "brightness and colour.tiff", encoded(image.convert("YCbCr"), "TIFF")
    yield "lab.tiff", encoded(Image.frombytes("LAB", image.size, COLOUR.tobytes()), "TIFF")
    yield "moving.gif", moving("GIF")
    yield "moving.png", moving("PNG")
    yield "moving.webp", moving("WEBP")
    yield "two pages.tiff", moving("TIFF")
    yield "a profile.png", encoded(COLOUR, icc_profile=ICC)
    yield "a broken profile.jpg", encoded(COLOUR, "JPEG", icc_profile=b"no profile")
    yield "a broken profile.png", with_chunk(encoded(COLOUR), b"iCCP", b"icc\0\0no zlib")
    yield "a broken camera note.jpg", encoded(COLOUR, "JPEG", exif=b"Exif\0\0no TIFF")
    yield "png with another ending.jpg", encoded(COLOUR)
    for kind, ending in (("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp"), ("TIFF", "tiff")):
        for orientation in range(1, 9):
            yield f"turned {orientation}.{ending}", turned(kind, orientation)


def _broken() -> Iterator[tuple[str, bytes]]:
    noise = np.random.default_rng(2).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    yield "empty.png", b""
    yield "words.png", b"these are words"
    yield "only the first bytes.png", b"\x89PNG\r\n\x1a\n"
    yield "another format.png", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100)
    for kind, ending in (("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif")):
        content = encoded(noise, kind)
        yield f"cut off.{ending}", content[: len(content) // 2]
    for kind, ending in (("BMP", "bmp"), ("PPM", "ppm"), ("TIFF", "tiff")):
        yield f"cut off.{ending}", encoded(noise, kind)[:-1000]
    text = PngImagePlugin.PngInfo()
    text.add_text("story", "x" * (PngImagePlugin.MAX_TEXT_CHUNK + 1), zip=True)
    yield "a huge text.png", encoded(COLOUR, pnginfo=text)
    yield "a huge profile.png", encoded(COLOUR, icc_profile=bytes(PngImagePlugin.MAX_TEXT_CHUNK + 1))
    yield "16 million pixels and more.png", encoded(Image.new("1", (4001, 4000)))
    yield "pixels without end.png", encoded(Image.new("1", (20_000, 20_000)))
    yield "greys as words.pgm", b"P2 10 8 255 " + b"1 " * 80
    yield "greys up to 7.pgm", b"P5 10 8 7 " + bytes(80)
    yield "run lengths.bmp", run_lengths()
    yield "a strip for each pixel.tiff", in_strips(1000)
    yield "a hundred scans.jpg", with_scans(100)
    yield "floats above 1.tiff", tiff(DEEP.astype(np.float32))
    yield "floats below 0.tiff", tiff(DEEP.astype(np.float32) / 65535 - 0.5)
    yield "not a number.tiff", tiff(np.full((SIDE, WIDE), np.nan, np.float32))
    yield "below 0.tiff", tiff(-(DEEP >> 1).astype(np.int16) - 1)


GREYS, COLOURS, BROKEN = dict(_greys()), dict(_colours()), dict(_broken())
WHOLE = GREYS | COLOURS
