"""Tests of `catalogue` where files change: an operator's edits, versions in place, whole repositories; odd files."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serve.api.metadata import model_metadata
from serve.errors import RequestError
from serve.inference.catalogue import Catalogue, Model
from serve.inference.version import Version, load_version
from tests.serve.conftest import PutModel, Running, expected
from tests.serve.inference.test_catalogue import catalogue


def edit(folder: Path, old: str, new: str) -> None:
    """Change a model's config.pbtxt, as its operator does."""
    path = folder.parent / "config.pbtxt"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_an_edited_configuration_is_gone_by_at_the_next_look(put_model: PutModel) -> None:
    """It is the operator's: no sum covers it."""
    folder = put_model()
    models = catalogue(folder)
    models.refresh()
    edit(folder, "max_batch_size: 8", "max_batch_size: 3")

    (event,) = models.refresh()

    assert event.startswith("net version 1 is read again and served, batch sizes")
    assert models.find("net").config.max_batch == 3
    assert models.refresh() == []
    assert catalogue(folder).refresh()[0].startswith("net version 1 is served")


@pytest.mark.parametrize(
    ("new", "words"), [("max_batch_size: 0", "max_batch_size is 0"), ("colour: 'red'", "unknown field 'colour'")]
)
def test_an_edit_that_cannot_be_gone_by_is_refused_and_the_old_settings_stay(
    new: str, words: str, put_model: PutModel
) -> None:
    """Said once, by name; the index has it."""
    folder = put_model()
    models = catalogue(folder)
    models.refresh()
    edit(folder, "max_batch_size: 8", new)

    (event,) = models.refresh()

    assert event.startswith("net has changed and stays as it was loaded: ")
    assert words in event
    assert models.find("net").config.max_batch == 8
    assert models.refresh() == []
    with pytest.raises(RequestError, match="net cannot be loaded: "):
        models.load("net")
    edit(folder, new, "max_batch_size: 4")
    models.refresh()
    assert models.find("net").config.max_batch == 4


def test_what_a_configuration_has_in_vain_is_said_once(put_model: PutModel) -> None:
    """Not at every look."""
    folder = put_model()
    edit(folder, "REJECT", "DELAY")
    models = catalogue(folder)

    events = models.refresh()

    assert any("timeout_action is REJECT here" in event for event in events)
    assert models.refresh() == []


def test_files_that_change_in_place_are_refused_and_what_was_loaded_stays(
    put_model: PutModel, images: np.ndarray
) -> None:
    """A version is a promise: another content needs another number."""
    folder = put_model("net", 1)
    models = catalogue(folder)
    models.refresh()
    content = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(content[:-1] + b"x")

    (event,) = models.refresh()

    assert event.startswith("net version 1 has changed and stays as it was loaded: ")
    assert "model.onnx was changed" in event
    np.testing.assert_allclose(models.find("net").run(images).logits, expected(images, 1), rtol=1e-5)
    assert [(row["state"], "model.onnx" in row["reason"]) for row in models.index()] == [("READY", True)]
    assert models.refresh() == []
    (folder / "model.onnx").write_bytes(content)
    models.refresh()
    assert [row["reason"] for row in models.index()] == [""]


def test_an_administrators_load_reads_again(put_model: PutModel) -> None:
    """Also where nothing seems to have changed."""
    models = catalogue(put_model())
    models.refresh()
    before = models.find("net")

    models.load("net")

    assert models.find("net") is not before


def test_a_repository_that_is_switched_as_a_whole_is_read_again(
    put_model: PutModel, tmp_path: Path, images: np.ndarray
) -> None:
    """As git-sync does: a symbolic link that leads elsewhere from one moment to the next."""
    link = tmp_path / "current"
    for seed in (1, 2):
        put_model("net", seed)
        (tmp_path / "repository").rename(tmp_path / f"revision-{seed}")
    link.symlink_to(tmp_path / "revision-1")
    models = Catalogue(link)
    models.refresh()
    np.testing.assert_allclose(models.find("net").run(images).logits, expected(images, 1), rtol=1e-5)
    (tmp_path / "next").symlink_to(tmp_path / "revision-2")
    (tmp_path / "next").replace(link)

    models.refresh()

    np.testing.assert_allclose(models.find("net").run(images).logits, expected(images, 2), rtol=1e-5)


@pytest.mark.parametrize("file", ["config.pbtxt", "labels.txt", "1/card.json", "1/SHA256SUMS", "1/model.onnx"])
def test_a_pipe_is_refused_and_keeps_nobody_waiting(file: str, put_model: PutModel) -> None:
    """In words."""
    folder = put_model()
    path = folder.parent / file
    path.unlink()
    os.mkfifo(path)

    (event,) = catalogue(folder).refresh()

    assert f"{path} is no regular file" in event


def test_a_symbolic_link_to_a_signed_file_is_refused_in_words(put_model: PutModel, tmp_path: Path) -> None:
    """The file that it leads to may change unseen."""
    folder = put_model()
    (folder / "model.onnx").rename(tmp_path / "model.onnx")
    (folder / "model.onnx").symlink_to(tmp_path / "model.onnx")

    (event,) = catalogue(folder).refresh()

    assert "model.onnx is a symbolic link: copy it" in event


def test_hidden_files_are_no_matter(put_model: PutModel) -> None:
    """A Mac's file browser leaves them wherever it was."""
    folder = put_model()
    for place in (folder, folder.parent, folder.parents[1]):
        (place / ".DS_Store").write_bytes(b"x")

    (event,) = catalogue(folder).refresh()

    assert event.startswith("net version 1 is served")


def test_a_text_that_is_far_too_long_is_refused(put_model: PutModel) -> None:
    """Reading it would hold up everybody."""
    folder = put_model()
    (folder.parent / "config.pbtxt").write_text("# comment\n" * 200_000)

    (event,) = catalogue(folder).refresh()

    assert "config.pbtxt has 2000000 bytes: it may have 1000000" in event


def test_what_the_system_refused_is_tried_again(put_model: PutModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many open files pass by themselves; why it is not served is said once."""
    models = catalogue(put_model())
    loads = iter([OSError(24, "Too many open files"), OSError(24, "Too many open files"), None])

    def load(*words: Any, **settings: Any) -> Version:  # noqa: ANN401 - whatever it takes
        if (error := next(loads)) is not None:
            raise error
        return load_version(*words, **settings)

    monkeypatch.setattr("serve.inference.catalogue.load_version", load)

    first, second, third = (models.refresh() for _ in range(3))

    assert first == ["net version 1 is not served: [Errno 24] Too many open files"]
    assert second == []
    assert third[0].startswith("net version 1 is served")


def test_an_older_version_comes_back_where_the_newest_is_removed(put_model: PutModel, images: np.ndarray) -> None:
    """Its files have not changed since it was served before."""
    put_model("net", 1)
    models = catalogue(put_model("net", 1))
    models.refresh()
    newest = put_model("net", 3)
    models.refresh()
    shutil.rmtree(newest)

    events = models.refresh()

    assert [event.partition(", ")[0] for event in events] == [
        "net version 2 is served",
        "net version 3 is served no more",
    ]
    np.testing.assert_allclose(models.find("net").run(images).logits, expected(images, 1), rtol=1e-5)
    assert models.refresh() == []


def test_a_refused_version_that_is_removed_is_forgotten(put_model: PutModel) -> None:
    """The index names what is there; put back, it is looked at again."""
    models = catalogue(put_model("net", 1))
    bad = put_model("net", 2, golden_of=3)
    models.refresh()
    bad.rename(bad.parents[2] / "away")

    assert models.refresh() == []

    assert [(row["version"], row["state"]) for row in models.index()] == [("1", "READY")]
    (bad.parents[2] / "away").rename(bad)
    (event,) = models.refresh()
    assert event.startswith("net version 2 is not served: ")


class Changing(dict[int, Version]):
    """Versions that are served until somebody looks at them; then something happens in another thread."""

    def __init__(self, versions: dict[int, Version], change: Callable[[], None]) -> None:
        super().__init__(versions)
        self.change = change

    def __contains__(self, number: object) -> bool:
        """Return whether a version is among them, just before the change."""
        known = super().__contains__(number)
        self.change()
        return known

    def __bool__(self) -> bool:
        """Return whether there are any, just before the change."""
        some = len(self) > 0
        self.change()
        return some


def test_the_index_may_be_read_while_models_are_loaded(put_model: PutModel) -> None:
    """A version that is refused meanwhile does not stop it."""
    folder = put_model(golden_of=3)
    put_model(golden_of=3)
    models = catalogue(folder)
    models.refresh()

    rows = models.index()
    first = next(rows)
    models.models["net"].refused[3] = "it is new"

    assert [row["version"] for row in (first, *rows)] == ["2", "1"]


def test_the_document_may_be_read_while_models_are_loaded(running: Running) -> None:
    """A model that comes meanwhile does not stop it."""
    models = running.server.catalogue.models
    model = models["net"]
    model.served = Changing(model.served, lambda: models.update(other=Model("other")))

    assert running.ask("GET", "/openapi.json")[0] == 200


def test_a_version_that_goes_while_it_is_asked_for_answers(put_model: PutModel) -> None:
    """It is in memory; its metadata no longer names it."""
    models = catalogue(put_model())
    models.refresh()
    model = models.models["net"]
    version = model.served[1]
    model.served = Changing(model.served, lambda: model.serve({}))

    assert models.find("net", "1") is version
    models.models.clear()
    assert model_metadata(models, version)["versions"] == []
