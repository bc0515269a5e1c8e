"""Tests of `python -m export --verify`: what was tampered with is named, even where its sums were made to fit."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from bench.server.stress.broken_versions import sum_up
from export.graph.to_onnx import set_metadata
from export.repository.agreement import metadata
from export.repository.layout import CARD, GOLDEN, MODEL, SUMS, RepositoryError
from export.verify import verify
from tests.export.gate.test_parity import mean_left_out

NAME = "lenet5_mnist-5k"


def test_a_good_repository_is_verified(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From its files alone: the results are not needed."""
    assert verify(repository) == 0
    assert capsys.readouterr().out.splitlines() == [f"{NAME} 1: ok", "1 right, 0 wrong"]


def sums(version: Path) -> list[str]:
    """Return the lines of SHA256SUMS."""
    return (version / SUMS).read_text("utf-8").splitlines()


def other_weights(version: Path) -> None:
    """Another file of the same form."""
    import onnx  # noqa: PLC0415 - here only

    proto = onnx.load(version / MODEL)
    mean_left_out(proto)
    onnx.save(proto, version / MODEL)


def other_golden(version: Path) -> None:
    """Golden answers of another net."""
    with np.load(version / GOLDEN) as golden:
        changed = {**golden, "logits": golden["logits"] + 1}
    np.savez(version / GOLDEN, **changed)


def no_golden(version: Path) -> None:
    """No archive at all."""
    (version / GOLDEN).write_bytes(b"nothing")


def other_card(version: Path) -> None:
    """The card of another model."""
    card = json.loads((version / CARD).read_text("utf-8"))
    (version / CARD).write_text(json.dumps({**card, "name": "other"}), "utf-8")


def foreign_card(version: Path) -> None:
    """A card of another format."""
    card = json.loads((version / CARD).read_text("utf-8"))
    (version / CARD).write_text(json.dumps({**card, "format": "zzz"}), "utf-8")


def card_of_words(version: Path) -> None:
    """A tolerance in words."""
    card = json.loads((version / CARD).read_text("utf-8"))
    (version / CARD).write_text(json.dumps({**card, "tolerance": "much"}), "utf-8")


def loose_card(version: Path) -> None:
    """A tolerance that would let anything pass is cut: other golden answers are found all the same."""
    card = json.loads((version / CARD).read_text("utf-8"))
    (version / CARD).write_text(json.dumps({**card, "tolerance": 1e9}), "utf-8")
    other_golden(version)


def colour_golden(version: Path) -> None:
    """Golden images of another shape."""
    with np.load(version / GOLDEN) as golden:
        changed = {**golden, "image": np.repeat(golden["image"], 3, axis=1)}
    np.savez(version / GOLDEN, **changed)


def half_a_card(version: Path) -> None:
    """A card without its tolerance."""
    card = json.loads((version / CARD).read_text("utf-8"))
    del card["tolerance"]
    (version / CARD).write_text(json.dumps(card), "utf-8")


def other_labels(version: Path) -> None:
    """Labels in another order."""
    path = version.parent / "labels.txt"
    path.write_text("\n".join(reversed(path.read_text("utf-8").split())) + "\n", "utf-8")


def unreadable_labels(version: Path) -> None:
    """Labels that are no UTF-8."""
    (version.parent / "labels.txt").write_bytes(b"\xff\xfe")


def other_config(version: Path) -> None:
    """A configuration for colour images."""
    path = version.parent / "config.pbtxt"
    path.write_text(path.read_text("utf-8").replace("[ 1, 28, 28 ]", "[ 3, 28, 28 ]"), "utf-8")


TAMPERED: dict[Callable[[Path], None], str] = {
    other_weights: "its golden logits differ by",
    other_golden: "its golden logits differ by 1",
    no_golden: "golden.npz cannot be read",
    foreign_card: "its card is of format 'zzz'",
    card_of_words: "its card has a value of another kind: tolerance is 'much'",
    loose_card: "its golden logits differ by 1",
    colour_golden: "its golden images are uint8 (16, 3, 28, 28)",
    other_card: "its card is that of other",
    half_a_card: "its card lacks ['tolerance']",
    other_labels: "labels.txt does not list the card's classes",
    unreadable_labels: "it cannot be checked (UnicodeDecodeError",
    other_config: "config.pbtxt: its inputs is",
}


@pytest.mark.parametrize(("tamper", "message"), TAMPERED.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_what_was_tampered_with_is_named(
    tamper: Callable[[Path], None], message: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """First by its sum; and where the sums were made to fit, by what it says or does."""
    version = repository / NAME / "1"
    tamper(version)
    assert verify(repository) == 1
    signed = tamper is not other_config
    assert ("was changed: its SHA-256 is not that of SHA256SUMS" in capsys.readouterr().out) == signed

    sum_up(version)
    assert verify(repository) == 1
    assert message in capsys.readouterr().out


def test_a_file_that_is_not_listed_is_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Weights outside the file, for instance."""
    (repository / NAME / "1" / "model.onnx.data").write_bytes(b"x")

    assert verify(repository) == 1
    assert "holds model.onnx.data, which SHA256SUMS does not list" in capsys.readouterr().out


def test_a_model_without_a_version_is_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A server would have nothing to load."""
    shutil.rmtree(repository / NAME / "1")

    assert verify(repository) == 1
    assert f"{NAME}: no version" in capsys.readouterr().out


def test_a_variant_of_an_earlier_net_is_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its float32 model has moved on."""
    variant = Path(shutil.copytree(repository / NAME, repository / f"{NAME}_int8"))
    card = json.loads((variant / "1" / CARD).read_text("utf-8"))
    changed = {**card, "name": variant.name, "variant": "int8", "checkpoint_sha256": "0" * 64}
    (variant / "1" / CARD).write_text(json.dumps(changed), "utf-8")
    graph = onnx.load(variant / "1" / MODEL)
    set_metadata(graph, metadata(changed))
    onnx.save(graph, variant / "1" / MODEL)
    config = (variant / "config.pbtxt").read_text("utf-8")
    (variant / "config.pbtxt").write_text(config.replace(f'"{NAME}"', f'"{variant.name}"'), "utf-8")
    sum_up(variant / "1")

    assert verify(repository) == 1
    assert f"{variant.name} 1: it is a variant of an earlier net than {NAME} 1" in capsys.readouterr().out


def test_a_single_model_is_not_a_repository(repository: Path) -> None:
    """The message says what to do."""
    with pytest.raises(RepositoryError, match="is one model of a repository: verify the folder it is in"):
        verify(repository / NAME)


def test_an_empty_repository_is_an_error(tmp_path: Path) -> None:
    """Nothing checked is not all well."""
    with pytest.raises(RepositoryError, match="holds no model"):
        verify(tmp_path)
