"""The page at `/`: files without a build step, and the list of models that it shows."""

from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from images.fit import fit_of
from images.ground import ground_of
from serve.inference.version import Version

FOLDER = Path(__file__).parent
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; frame-ancestors 'none'"
FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    **{name: (name, "text/javascript; charset=utf-8") for name in ("digit.js", "preview.js", "page.js")},
}
EXAMPLES = 2  # of a model's data set, as the page shows them
FACTS = (
    *("dataset", "label", "architecture", "variant", "parameters", "test_accuracy", "test_accuracy_interval"),
    "standing",
)


class File(NamedTuple):
    """A file of the page with its headers."""

    content: bytes
    headers: dict[str, str]


def page_file(path: str) -> File | None:
    """Return the file at a path such as `page.js`, None if the page has none there."""
    return _read(path) if path in FILES else None


@cache
def _read(path: str) -> File:
    name, kind = FILES[path]
    headers = {"content-type": kind, "content-security-policy": POLICY, "x-content-type-options": "nosniff"}
    return File((FOLDER / name).read_bytes(), headers)


def model_list(versions: Iterable[Version]) -> list[dict[str, Any]]:
    """Return what the page shows of every model; what a card does not say is null."""
    return [
        {
            "name": version.name,
            "version": str(version.number),
            "shape": list(version.config.dims),
            "labels": list(version.labels),
            "size": version.bytes,
            "fit": fit_of(version.card),
            "ground": ground_of(version.card),
            **{fact: version.card.get(fact) for fact in FACTS},
            "examples": [b64encode(image.tobytes()).decode("ascii") for image in version.examples[:EXAMPLES]],
        }
        for version in sorted(versions, key=lambda version: version.name)
    ]
