"""The ground under a picture where it is transparent: white paper, or the dark ground of light strokes as in MNIST."""

from collections.abc import Mapping
from typing import Any, Literal

Ground = Literal["white", "black"]


def ground_of(card: Mapping[str, Any]) -> Ground | None:
    """Return the ground that a net's card says its data set has, None where an older card does not say."""
    match card.get("ground"):
        case "white":
            return "white"
        case "black":
            return "black"
        case _:
            return None
