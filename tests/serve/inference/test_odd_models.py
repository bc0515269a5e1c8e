"""Models that are not as any export writes them: each stays out with a reason, the others are served."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.server.stress.broken_versions import sum_up
from serve.inference.catalogue import Catalogue
from tests.serve.conftest import PutModel


def write(path: Path, content: bytes) -> None:
    """Write a file and the sums that hold with it."""
    path.write_bytes(content)
    sum_up(path.parent if path.parent.name == "1" else path.parent / "1")


def without_dims(version: Path) -> None:
    """Leave out an output's dims."""
    config = version.parent / "config.pbtxt"
    write(config, config.read_bytes().replace(b"dims: [ 3 ]", b"", 1))


def other_shape(version: Path) -> None:
    """Take images that the graph does not."""
    config = version.parent / "config.pbtxt"
    write(config, config.read_bytes().replace(b"[ 1, 4, 4 ]", b"[ 1, 5, 5 ]"))
    answers = np.zeros((1, 3))
    np.savez(version / "golden.npz", image=np.zeros((1, 1, 5, 5), np.uint8), logits=answers, probabilities=answers)
    sum_up(version)


ODD: dict[str, Callable[[Path], None]] = {
    "dims": without_dims,
    "empty": lambda version: write(version / "golden.npz", b""),
    "no zip": lambda version: write(version / "golden.npz", b"PK\x03\x04 and no more"),
    "shape": other_shape,
    "labels": lambda version: write(version.parent / "labels.txt", b"cat\ndog\n"),
    "timeout": lambda version: write(
        version.parent / "config.pbtxt",
        (version.parent / "config.pbtxt").read_bytes().replace(b"microseconds: 2000000", b"microseconds: 0"),
    ),
    "no configuration": lambda version: (version.parent / "config.pbtxt").unlink(),
}


@pytest.mark.parametrize("oddity", ODD)
def test_it_stays_out_and_the_others_are_served(oddity: str, put_model: PutModel) -> None:
    """Whatever a library makes of it."""
    repository = put_model("good").parent.parent
    ODD[oddity](put_model("odd"))
    catalogue = Catalogue(repository)

    events = catalogue.refresh()

    assert [version.name for version in catalogue.all_served()] == ["good"]
    assert any(event.startswith("odd") and "is not served" in event for event in events)
    assert [row["reason"] for row in catalogue.index() if row["name"] == "odd"] != [""]


def test_a_version_that_comes_file_by_file_is_served_when_it_is_there(put_model: PutModel) -> None:
    """A version that was refused is looked at again when its files have changed."""
    version = put_model("net")
    repository, sums = version.parent.parent, (version / "SHA256SUMS").read_bytes()
    (version / "SHA256SUMS").unlink()
    catalogue = Catalogue(repository)

    (refused,) = catalogue.refresh()
    nothing_new = catalogue.refresh()
    (version / "SHA256SUMS").write_bytes(sums)
    (served,) = catalogue.refresh()

    assert "SHA256SUMS is missing" in refused
    assert nothing_new == []
    assert "net version 1 is served" in served
    assert [row["state"] for row in catalogue.index()] == ["READY"]


def test_a_model_instead_of_a_repository_is_told(put_model: PutModel) -> None:
    """Its parent is what was meant."""
    model = put_model("net").parent

    with pytest.raises(ValueError, match="is a model, not a repository of models: pass its parent"):
        Catalogue(model).refresh()
