"""`python -m bench predict CHECKPOINT IMAGE...`: what a trained net says of image files."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from bench.harness.command import main_guard
from bench.harness.data.folder import eight_bits
from bench.harness.data.preprocess import Preprocess
from bench.harness.errors import UserError
from models import checkpoint

SHOWN = 3  # the most probable classes


def read_image(path: Path, card: Mapping[str, Any]) -> Tensor:
    """Return an image file as the training images were: uint8 (1, channels, side, side).

    A grey data set is read light on dark, as MNIST is: pass --invert for a dark digit on white paper.

    Raises:
        UserError: no such file, or not an image.
    """
    try:
        with Image.open(path) as image:
            side = int(card["image_size"])
            grey = int(card["channels"]) == 1
            scaled = (
                _opaque(eight_bits(image))
                .convert("L" if grey else "RGB")
                .resize((side, side), Image.Resampling.BILINEAR)
            )
            pixels = np.array(scaled, dtype=np.uint8)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise UserError(f"{path} is not an image that can be read ({error})") from error
    return torch.from_numpy(pixels[None, None] if grey else pixels.transpose(2, 0, 1)[None].copy())


def _opaque(image: Image.Image) -> Image.Image:
    """Return the image with 8 bits a channel, what is transparent lying on white paper."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image.convert("RGBA"))
    return image


def light_background(image: Tensor) -> bool:
    """Return whether the rim of an image (1, channels, side, side) is lighter than mid-grey on average."""
    rim = torch.cat([image[..., 0, :], image[..., -1, :], image[..., :, 0], image[..., :, -1]], dim=-1)
    return bool(rim.float().mean() > 127)  # noqa: PLR2004 - half of 255


def probabilities(model: torch.nn.Module, image: Tensor, card: Mapping[str, Any]) -> Tensor:
    """Return (classes,) softmax of the net's logits for one image."""
    preprocess = Preprocess(tuple(card["mean"]), tuple(card["std"]), card["resize"])
    with torch.inference_mode():
        logits: Tensor = model(preprocess(image))
    return logits[0].softmax(dim=0)


@main_guard
def main(argv: Sequence[str] | None = None) -> None:
    """Print the most probable classes of each image."""
    parser = argparse.ArgumentParser(prog="python -m bench predict", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="a .safetensors file from results/*/checkpoints/")
    parser.add_argument("images", type=Path, nargs="+", help="image files, any format that Pillow reads")
    parser.add_argument("--invert", action="store_true", help="dark on light instead of light on dark")
    arguments = parser.parse_args(argv)
    model, card = checkpoint.load(arguments.checkpoint), checkpoint.read_card(arguments.checkpoint)
    for path in arguments.images:
        image = read_image(path, card)
        image = 255 - image if arguments.invert else image
        if int(card["channels"]) == 1 and light_background(image):
            hint = "drop --invert" if arguments.invert else "pass --invert"
            print(f"{path}: its background is light; digits are light on dark: {hint}", file=sys.stderr)  # noqa: T201 - advice
        said = probabilities(model, image, card)
        top = said.topk(min(SHOWN, len(said)))
        words = ", ".join(f"{card['classes'][place]} {share:.1%}" for share, place in zip(*top, strict=True))
        print(f"{path}: {words}")  # noqa: T201 - the answer
