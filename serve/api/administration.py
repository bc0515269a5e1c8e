"""The model repository extension: what is there, and what a load may ask for."""

from typing import Any

import orjson

from serve.errors import RequestError
from serve.inference.catalogue import Catalogue


def index(catalogue: Catalogue, body: bytes) -> list[dict[str, str]]:
    """Return the rows of the repository's index, of models that are ready where the request says so.

    Raises:
        RequestError: 400, the request is not JSON.
    """
    wanted = _read(body)
    only_ready = isinstance(wanted, dict) and wanted.get("ready") is True
    return [row for row in catalogue.index() if not only_ready or row["state"] == "READY"]


def no_overrides(body: bytes) -> None:
    """Refuse to load a model otherwise than it lies in the repository.

    Raises:
        RequestError: 400.
    """
    wanted = _read(body)
    if not isinstance(wanted, dict) or wanted.get("parameters"):
        raise RequestError(400, "parameters of a load are not offered: a model is loaded as it lies in the repository")


def _read(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return orjson.loads(body) if body else {}
    except orjson.JSONDecodeError as error:
        raise RequestError(400, f"the request is not JSON: {error}") from None
