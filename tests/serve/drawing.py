"""Pictures as clients send them."""

import io

import numpy as np
from PIL import Image

GREY, COLOUR = (1, 8, 8), (3, 8, 8)  # what models take


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    """Return an image file; pixels (height, width) or (height, width, channels)."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def form(*files: tuple[str, bytes]) -> tuple[str, bytes]:
    """Return content type and body of a form with files."""
    parts = [
        b'--xyz\r\ncontent-disposition: form-data; name="f"; filename="%s"\r\ncontent-type: image/png\r\n\r\n%s\r\n'
        % (name.encode(), content)
        for name, content in files
    ]
    return "multipart/form-data; boundary=xyz", b"".join(parts) + b"--xyz--\r\n"
