"""Tests of bench.commands.predict; the nets are softmax regressions whose weights are set by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from bench.__main__ import main
from bench.commands.predict import read_image
from bench.harness.errors import UserError
from models import checkpoint, registry

GREY = {"image_size": 2, "channels": 1}
COLOUR = {"image_size": 2, "channels": 3}
RED, BLUE = (255, 0, 0), (0, 0, 255)


def save(folder: Path, classes: list[str], weights: torch.Tensor, **card: Any) -> Path:  # noqa: ANN401 - JSON
    """Save a net that multiplies the 2x2 pixels with weights (classes, channels), and return its checkpoint."""
    channels = weights.shape[1]
    options = {"channels": channels, "classes": len(classes), "image_size": 2, "hidden": ()}
    model = registry.create("mlp", **options)
    linear = model[-1]  # type: ignore[index]  # an nn.Sequential
    nn.init.zeros_(linear.bias)
    linear.weight.data = weights.repeat_interleave(4, dim=1)
    shape = {"image_size": 2, "channels": channels, "resize": None}
    normalisation = {"mean": [0.5] * channels, "std": [0.5] * channels}
    full = {"classes": classes, **shape, **normalisation, **card}
    checkpoint.save(folder / "net.safetensors", model, architecture="mlp", options=options, card=full)
    return folder / "net.safetensors"


@pytest.fixture
def brightness(tmp_path: Path) -> Path:
    """Return the checkpoint of a net that tells light from dark."""
    return save(tmp_path, ["dark", "light"], torch.tensor([[-1.0], [1.0]]))


def picture(path: Path, colour: int | tuple[int, int, int]) -> str:
    """Write an image of one colour and return its path."""
    Image.new("L" if isinstance(colour, int) else "RGB", (7, 5), colour).save(path)
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *words: object) -> list[str]:
    """Return the lines that the command prints."""
    assert main(["predict", *(str(word) for word in words)]) == 0
    return capsys.readouterr().out.splitlines()


def test_each_image_gets_a_line_with_its_classes(
    brightness: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The most probable class comes first; logits of 4 and -4 make 99.97 %."""
    white, black = picture(tmp_path / "white.png", 255), picture(tmp_path / "black.png", 0)

    assert said(capsys, brightness, white, black) == [
        f"{white}: light 100.0%, dark 0.0%",
        f"{black}: dark 100.0%, light 0.0%",
    ]


def test_probabilities_are_the_softmax_of_the_logits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Logits 0.5 and -0.5 after normalisation: 1 / (1 + e^-1) is 73.1 %."""
    net = save(tmp_path, ["a", "b"], torch.tensor([[0.125], [-0.125]]))
    white = picture(tmp_path / "white.png", 255)

    assert said(capsys, net, white) == [f"{white}: a 73.1%, b 26.9%"]


def test_dark_on_light_can_be_inverted(brightness: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A dark digit on white paper is read as MNIST has them."""
    black = picture(tmp_path / "black.png", 0)

    assert said(capsys, brightness, black, "--invert")[0].startswith(f"{black}: light 100.0%")


@pytest.mark.parametrize(("colour", "answer"), [(RED, "red"), (BLUE, "blue")])
def test_colours_are_in_order(
    colour: tuple[int, int, int], answer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Red is the first channel, as in training."""
    net = save(tmp_path, ["red", "blue"], torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
    path = picture(tmp_path / "image.png", colour)

    assert said(capsys, net, path)[0].startswith(f"{path}: {answer} ")


def test_three_classes_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred classes do not fill the screen."""
    net = save(tmp_path, list("abcde"), torch.tensor([[0.1], [0.5], [0.3], [0.4], [0.2]]))
    line = said(capsys, net, picture(tmp_path / "white.png", 255))[0]

    assert [word[:2] for word in line.split(": ")[1].split(", ")] == ["b ", "d ", "c "]


def test_test_time_normalisation_is_the_cards(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A net that was tested on pixels in [0, 1] is asked on such."""
    net = save(tmp_path, ["dark", "light"], torch.tensor([[-1.0], [1.0]]), mean=[0.0], std=[1.0])
    black = picture(tmp_path / "black.png", 0)

    assert said(capsys, net, black)[0] in (f"{black}: dark 50.0%, light 50.0%", f"{black}: light 50.0%, dark 50.0%")


@pytest.mark.parametrize(("card", "shape"), [(GREY, (1, 1, 2, 2)), (COLOUR, (1, 3, 2, 2))])
@pytest.mark.parametrize("colour", [200, RED])
def test_an_image_is_read_as_the_training_images_were(
    card: dict[str, int], shape: tuple[int, ...], colour: int | tuple[int, int, int], tmp_path: Path
) -> None:
    """Grey or colour as the card says, whatever the file is, and scaled to the net's square."""
    image = read_image(Path(picture(tmp_path / "image.png", colour)), card)

    assert (tuple(image.shape), image.dtype) == (shape, torch.uint8)


def test_rows_stay_rows(tmp_path: Path) -> None:
    """An image is neither turned nor mirrored."""
    pixels = np.array([[1, 2], [3, 4]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "image.png")

    assert read_image(tmp_path / "image.png", GREY)[0, 0].tolist() == pixels.tolist()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty: remove or replace it"),
        (b"not an image", "is not a picture that can be read"),
    ],
)
def test_what_is_no_image_is_an_error(content: bytes | None, message: str, tmp_path: Path) -> None:
    """The message names the file."""
    path = tmp_path / "image.png"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UserError, match=rf"image\.png {message}"):
        read_image(path, GREY)


@pytest.mark.parametrize("missing", ["net.safetensors", "white.png", "net.json"])
def test_a_missing_file_is_one_line_and_exits_with_2(
    missing: str, brightness: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Checkpoint, card and image are all needed."""
    white = picture(tmp_path / "white.png", 255)
    (tmp_path / missing).unlink()
    status = main(["predict", str(brightness), white])
    error = capsys.readouterr().err

    assert (status, error.count("\n")) == (2, 1)
    assert missing in error


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("channels", "1", "channels is '1'"),
        ("mean", [0.5, None], "mean[1] is None"),
        ("classes", ["dark", 5], "classes[1] is 5"),
        ("resize", "no", "resize is 'no'"),
        ("ground", "green", "ground is 'green'"),
        ("fit", "squeeze", "fit is 'squeeze'"),
    ],
)
def test_a_card_with_a_value_of_another_kind_is_one_line_and_exits_with_2(
    field: str, value: object, problem: str, brightness: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the checkpoint, the field and its value."""
    path = brightness.with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), field: value}), "utf-8")

    status = main(["predict", str(brightness), picture(brightness.with_name("white.png"), 255)])
    error = capsys.readouterr().err

    assert (status, error.count("\n")) == (2, 1)
    assert f"card of {brightness}: {problem}" in error


def test_what_is_transparent_lies_on_white_paper(tmp_path: Path) -> None:
    """Black ink on a transparent page is dark on light, not black on black."""
    image = Image.new("RGBA", (2, 2), (0, 0, 0, 0))
    image.putpixel((0, 0), (0, 0, 0, 255))
    image.save(tmp_path / "ink.png")

    assert read_image(tmp_path / "ink.png", GREY).flatten().tolist() == [0, 255, 255, 255]


@pytest.mark.parametrize(("ground", "under"), [("white", 255), ("black", 0)])
def test_what_is_transparent_lies_on_the_data_sets_ground(ground: str, under: int, tmp_path: Path) -> None:
    """As its card says, also where dark and light are exchanged."""
    Image.new("LA", (2, 2)).save(tmp_path / "nothing.png")

    for invert in (False, True):
        image = read_image(tmp_path / "nothing.png", {**GREY, "ground": ground}, invert=invert)
        assert image.flatten().tolist() == [under] * 4


@pytest.mark.parametrize(
    ("card", "rows"),
    [
        ({}, [[40, 160], [40, 160]]),
        ({"fit": "stretch"}, [[40, 160], [40, 160]]),
        ({"fit": "crop"}, [[80, 120], [80, 120]]),
        ({"fit": "pad", "ground": "black"}, [[40, 160], [0, 0]]),
        ({"fit": "pad", "ground": "white"}, [[40, 160], [255, 255]]),
    ],
    ids=["an older card", "stretch", "crop", "pad with black", "pad with white"],
)
def test_a_picture_of_another_shape_gets_the_fit_of_its_card(
    card: dict[str, str], rows: list[list[int]], tmp_path: Path
) -> None:
    """As the training images did: squeezed, its middle alone, or whole with a rim."""
    stripes = np.repeat(np.array([[0, 80, 120, 200]], np.uint8), 10, axis=1).repeat(20, axis=0)
    Image.fromarray(stripes).save(tmp_path / "stripes.png")

    image = read_image(tmp_path / "stripes.png", {**GREY, **card})

    np.testing.assert_allclose(image[0, 0].numpy(), rows, atol=15)


def test_sixteen_bits_are_scaled(tmp_path: Path) -> None:
    """Half of 65535 is mid-grey, not white."""
    Image.fromarray(np.full((2, 2), 32896, np.uint16)).save(tmp_path / "deep.png")

    assert read_image(tmp_path / "deep.png", GREY).flatten().tolist() == [128] * 4


def test_a_light_background_gets_advice(brightness: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Digits are light on dark: a net asked about the reverse is confidently wrong."""
    page, night = picture(tmp_path / "page.png", 255), picture(tmp_path / "night.png", 0)
    advice = []
    for words in ((page,), (night, "--invert"), (night,)):
        main(["predict", str(brightness), *words])
        advice.append(capsys.readouterr().err)

    assert ["pass --invert" in advice[0], "drop --invert" in advice[1], advice[2]] == [True, True, ""]


def test_paper_gets_no_advice_where_the_data_set_is_on_paper(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The net was trained on such; nor does a night that is made a page."""
    net = save(tmp_path, ["dark", "light"], torch.tensor([[-1.0], [1.0]]), ground="white")
    main(["predict", str(net), picture(tmp_path / "page.png", 255)])
    main(["predict", str(net), picture(tmp_path / "night.png", 0), "--invert"])

    assert capsys.readouterr().err == ""


def test_ink_on_a_transparent_page_gets_advice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On the black ground of light strokes nothing would be seen of it."""
    net = save(tmp_path, ["dark", "light"], torch.tensor([[-1.0], [1.0]]), ground="black")
    image = Image.new("LA", (6, 6))
    image.putpixel((3, 3), (0, 255))
    image.save(tmp_path / "ink.png")
    main(["predict", str(net), str(tmp_path / "ink.png")])

    assert "pass --invert" in capsys.readouterr().err
