"""`python -m bench predict CHECKPOINT IMAGE...`: the answers of a trained net on image files."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bench.harness.errors import UserError
from bench.harness.training.checkpoint_card import PictureCard, preprocess_of, read_card
from images.decoding import read_file
from images.errors import PictureError
from images.fit import fit_of
from images.formats import FORMATS
from images.ground import ground_of
from images.picture import Picture
from images.polarity import Oriented, oriented
from models import checkpoint

SHOWN = 3  # the most probable classes


def read_image(path: Path, card: Mapping[str, Any], *, invert: bool = False) -> Tensor:
    """Return an image file as the training images were: uint8 (1, channels, side, side).

    Args:
        path: the file.
        card: the net's, with `channels`, `image_size`, the `ground` under what is transparent, and the `fit`.
        invert: exchange dark and light, for a dark digit on white paper: MNIST's are light on dark.

    Raises:
        UserError: there is no such file, or it is no picture that can be read.
    """
    return torch.from_numpy(_oriented(_read(path), card, invert=invert).pixels[None])


def _read(path: Path) -> Picture:
    try:
        return read_file(path)
    except PictureError as error:
        raise UserError(str(error)) from error


def _oriented(picture: Picture, card: Mapping[str, Any], *, invert: bool | None) -> Oriented:
    side = int(card["image_size"])
    shape = int(card["channels"]), side, side
    return oriented(picture, shape, ground_of(card), fit_of(card), invert=invert)


def probabilities(model: torch.nn.Module, image: Tensor, card: Mapping[str, Any]) -> Tensor:
    """Return (classes,) softmax of the net's logits for one image."""
    preprocess = preprocess_of(card)
    with torch.inference_mode():
        logits: Tensor = model(preprocess(image))
    return logits[0].softmax(dim=0)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the checkpoint and the images."""
    parser.add_argument("checkpoint", type=Path, help="a .safetensors file from results/*/checkpoints/")
    parser.add_argument("images", type=Path, nargs="+", help=f"image files: {', '.join(FORMATS)}")
    parser.add_argument("--invert", action="store_true", help="dark on light instead of light on dark")


def run(arguments: argparse.Namespace) -> None:
    """Print the most probable classes of each image."""
    model, card = checkpoint.load(arguments.checkpoint), read_card(arguments.checkpoint, PictureCard)
    for path in arguments.images:
        picture = _read(path)
        image = torch.from_numpy(_oriented(picture, card, invert=arguments.invert).pixels[None])
        dark_on_light = _oriented(picture, card, invert=None).inverted
        if int(card["channels"]) == 1 and ground_of(card) != "white" and dark_on_light != arguments.invert:
            hint = "drop --invert" if arguments.invert else "pass --invert"
            print(f"{path}: its background is light; digits are light on dark: {hint}", file=sys.stderr)  # noqa: T201 - advice
        shares = probabilities(model, image, card)
        top = shares.topk(min(SHOWN, len(shares)))
        words = ", ".join(f"{card['classes'][place]} {share:.1%}" for share, place in zip(*top, strict=True))
        print(f"{path}: {words}")  # noqa: T201 - the answer
