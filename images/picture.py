"""A picture that was read, and its pixels as a net takes them: on a ground, grey or colour, in the net's size."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from images.fit import Fit, fitted
from images.ground import Ground

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes:
        image: upright, in mode L, LA, RGB or RGBA.
    """

    image: Image.Image

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, as it is looked at."""
        return self.image.size

    @property
    def grey(self) -> bool:
        """Whether its file can hold no colours."""
        return self.image.mode in ("L", "LA")

    @property
    def transparent(self) -> bool:
        """Whether it has pixels that may let the ground through."""
        return self.image.mode in ("LA", "RGBA")

    def pixels(self, channels: int, height: int, width: int, ground: Ground = "white", fit: Fit = "stretch") -> Pixels:
        """Return (channels, height, width) uint8, brought to that size where the picture has another.

        Args:
            channels: 1 for grey, where colours are weighed as ITU-R 601 does; 3 for colour, where grey is repeated.
            height: in pixels.
            width: in pixels.
            ground: under what is transparent, and around what is padded.
            fit: the way in which a picture of another shape is brought to this one.
        """
        image = fitted(self._on(ground).convert("L" if channels == 1 else "RGB"), width, height, fit, ground)
        values = np.array(image, dtype=np.uint8)
        return values[None] if channels == 1 else np.ascontiguousarray(values.transpose(2, 0, 1))

    def _on(self, ground: Ground) -> Image.Image:
        if not self.transparent:
            return self.image
        paper = Image.new("RGBA", self.image.size, ground)
        return Image.alpha_composite(paper, self.image.convert("RGBA"))
