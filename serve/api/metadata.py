"""The server, its models and its repository in their own words, as the Open Inference Protocol and Triton have them."""

from collections.abc import Container, Iterable
from typing import Any

import orjson

from export.repository.layout import INPUT, OUTPUTS
from serve.errors import RequestError
from serve.inference.catalogue import Catalogue
from serve.inference.version import Version
from serve.log import short

NAME, VERSION = "convbench", "0.1.0"
EXTENSIONS = (
    *("binary_tensor_data", "classification", "model_configuration", "model_repository", "schedule_policy"),
    "statistics",
)
PLATFORM = "onnxruntime_onnx"


def server_metadata() -> dict[str, Any]:
    """Return name, version and extensions of the server."""
    return {"name": NAME, "version": VERSION, "extensions": list(EXTENSIONS)}


def model_metadata(catalogue: Catalogue, version: Version) -> dict[str, Any]:
    """Return a model's versions, inputs and outputs; the batch axis is in the shapes."""
    return {
        "name": version.name,
        "versions": [str(number) for number in catalogue.numbers(version.name)],
        "platform": PLATFORM,
        "inputs": [{"name": INPUT, "datatype": "UINT8", "shape": [-1, *version.config.dims]}],
        "outputs": [{"name": name, "datatype": "FP32", "shape": [-1, len(version.labels)]} for name in OUTPUTS],
    }


def model_settings(version: Version) -> dict[str, Any]:
    """Return config.pbtxt as JSON, as Triton does; the batch axis is not in the dims."""
    config = version.config
    return {
        "name": config.name,
        "platform": PLATFORM,
        "backend": "onnxruntime",
        "version_policy": {"latest": {"num_versions": config.versions}},
        "max_batch_size": config.max_batch,
        "input": [{"name": INPUT, "data_type": "TYPE_UINT8", "dims": list(config.dims)}],
        "output": [
            {"name": name, "data_type": "TYPE_FP32", "dims": [count], "label_filename": "labels.txt"}
            for name, count in config.outputs.items()
        ],
        "dynamic_batching": {
            "preferred_batch_size": list(version.sizes),
            "default_queue_policy": {
                "timeout_action": "REJECT",
                "default_timeout_microseconds": int(config.timeout * 1e6),
                "allow_timeout_override": config.timeout_override,
                "max_queue_size": config.queue,
            },
        },
    }


def repository_index(catalogue: Catalogue, body: bytes) -> list[dict[str, str]]:
    """Return the rows of the repository's index, of models that are ready where the request says so.

    Raises:
        RequestError: 400, the request is not JSON.
    """
    wanted = _read(body)
    only_ready = isinstance(wanted, dict) and wanted.get("ready") is True
    return [row for row in catalogue.index() if not only_ready or row["state"] == "READY"]


def no_overrides(parameters: Iterable[str], known: Container[str] = ()) -> None:
    """Refuse to load or unload a model otherwise than it lies in the repository.

    Args:
        parameters: names of those that were given.
        known: those that change nothing here.

    Raises:
        RequestError: 400.
    """
    for name in parameters:
        if name not in known:
            raise RequestError(400, f"parameter {name[:60]!r} is not offered: a model is as it lies in the repository")


def parameters_of(body: bytes) -> Iterable[str]:
    """Return the names of the parameters in the body of a load or an unload.

    Raises:
        RequestError: 400, it is no object, or they are none.
    """
    wanted = _read(body)
    if not isinstance(wanted, dict) or not isinstance(parameters := wanted.get("parameters") or {}, dict):
        raise RequestError(400, f"{short(wanted)} is no object with parameters")
    return parameters


def _read(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return orjson.loads(body) if body else {}
    except orjson.JSONDecodeError as error:
        raise RequestError(400, f"the request is not JSON: {error}") from None
