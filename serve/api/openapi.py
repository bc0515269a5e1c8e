"""The OpenAPI document at /openapi.json: every path, what it takes and what it answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from serve.api.metadata import NAME, VERSION

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}


def _object(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


TENSOR = _object(("name", "shape", "datatype"), name=TEXT, shape=_list({"type": "integer"}), datatype=TEXT)
SCHEMAS: dict[str, Schema] = {
    "Error": _object(("error",), error=TEXT),
    "Server": _object(("name", "version", "extensions"), name=TEXT, version=TEXT, extensions=_list(TEXT)),
    "Model": _object(
        ("name", "versions", "platform", "inputs", "outputs"),
        name=TEXT,
        versions=_list(TEXT),
        platform=TEXT,
        inputs=_list(TENSOR),
        outputs=_list(TENSOR),
    ),
    "Request": _object(
        ("inputs",),
        id=TEXT,
        parameters=_object(timeout=COUNT, binary_data_output={"type": "boolean"}),
        inputs=_list(
            _object(
                ("name", "shape", "datatype"),
                name={"const": "image"},
                datatype={"const": "UINT8"},
                shape={**_list({"type": "integer", "minimum": 1}), "minItems": 4, "maxItems": 4},
                data={"type": "array", "description": "0 to 255, row-major, flat or nested"},
                parameters=_object(binary_data_size=COUNT),
            )
        ),
        outputs=_list(
            _object(
                ("name",),
                name={"enum": ["logits", "probabilities"]},
                parameters=_object(classification=COUNT, binary_data={"type": "boolean"}),
            )
        ),
    ),
    "Response": _object(
        ("model_name", "model_version", "outputs"),
        model_name=TEXT,
        model_version=TEXT,
        id=TEXT,
        outputs=_list({**TENSOR, "properties": {**TENSOR["properties"], "data": {"type": "array"}}}),
    ),
    "Classes": _object(
        ("model_name", "model_version", "predictions"),
        model_name=TEXT,
        model_version=TEXT,
        predictions=_list(
            _object(
                ("name", "inverted", "labels"),
                name=TEXT,
                inverted={"type": "boolean"},
                labels=_list(_object(("label", "probability"), label=TEXT, probability=NUMBER)),
            )
        ),
    ),
    "Index": _list(_object(("name", "version", "state", "reason"), name=TEXT, version=TEXT, state=TEXT, reason=TEXT)),
    "Any": {"type": "object"},
    "List": {"type": "array"},
}
BYTES: Schema = {"type": "string", "format": "binary"}
PICTURES = {
    kind: {"schema": BYTES}
    for kind in (
        *("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/x-portable-anymap", "image/tiff"),
        "multipart/form-data",
    )
}
INFERENCE = {"application/json": {"schema": _named("Request")}, "application/octet-stream": {"schema": BYTES}}
FAILURES = {
    "infer": ("400", "404", "408", "413", "415", "429", "500", "503", "504"),
    "classify": ("400", "404", "408", "413", "429", "500", "503", "504"),
}
MODEL = "/v2/models/{model}"
VERSIONED = f"{MODEL}/versions/{{version}}"


def document(served: Mapping[str, Iterable[int]] | None = None) -> dict[str, Any]:
    """Return the document, as JSON has it.

    Args:
        served: numbers of the versions of every model, which the document lists.
    """
    numbers = sorted({number for each in (served or {}).values() for number in each})
    values = {"model": _one_of(sorted(served or {})), "version": _one_of([str(number) for number in numbers])}
    paths: dict[str, Any] = {
        "/v2": _get("Server", "What the server is"),
        "/v2/health/live": _get("Any", "Whether it runs"),
        "/v2/health/ready": _get("Any", "Whether it may be asked: not while it loads or stops", "503"),
        "/v2/models/stats": _get("Any", "What happened, of every model"),
        "/v2/repository/index": _post("Index", "Every model and version, with its state and why", {}),
        "/v2/repository/models/{model}/load": _post("Any", "Load a model; needs the administrator's token", {}, "403"),
        "/v2/repository/models/{model}/unload": _post("Any", "Unload a model; as above", {}, "403"),
        "/models": _get("List", "What the page shows of every model"),
        "/metrics": {"get": {"summary": "For Prometheus", "responses": {"200": {"description": "text"}}}},
    }
    for path in (MODEL, VERSIONED):
        paths[path] = _get("Model", "A model's inputs and outputs", "404")
        paths[f"{path}/ready"] = _get("Any", "Whether a model is served", "404")
        paths[f"{path}/config"] = _get("Any", "A model's configuration", "404")
        paths[f"{path}/stats"] = _get("Any", "What happened, of one model", "404")
        paths[f"{path}/infer"] = _post(
            "Response", "Pixels in, logits and probabilities out", INFERENCE, *FAILURES["infer"]
        )
        paths[f"{path}/classify"] = _post("Classes", "Pictures in, labels out", PICTURES, *FAILURES["classify"])
        paths[f"{path}/classify"]["parameters"] = [
            {"name": "invert", "in": "query", "required": False, "schema": {"type": "boolean"}}
        ]
    for path, entry in paths.items():
        names = [name for name in ("model", "version") if f"{{{name}}}" in path]
        known = [{"name": name, "in": "path", "required": True, "schema": values[name]} for name in names]
        entry["parameters"] = [*known, *entry.get("parameters", [])]
    return {
        "openapi": "3.1.0",
        "info": {"title": NAME, "version": VERSION, "summary": "Open Inference Protocol v2, with extensions"},
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _one_of(values: list[str]) -> Schema:
    return {**TEXT, "enum": values} if values else TEXT


def _get(schema: str, summary: str, *failures: str) -> dict[str, Any]:
    return {"get": {"summary": summary, "responses": _responses(schema, ("401", *failures))}}


def _post(schema: str, summary: str, body: dict[str, Any], *failures: str) -> dict[str, Any]:
    content = {"requestBody": {"content": body, "required": True}} if body else {}
    return {"post": {"summary": summary, **content, "responses": _responses(schema, ("401", *failures))}}


def _responses(schema: str, failures: tuple[str, ...]) -> dict[str, Any]:
    right = {"description": "as asked", "content": {"application/json": {"schema": _named(schema)}}}
    wrong = {"description": "why not", "content": {"application/json": {"schema": _named("Error")}}}
    return {"200": right, **dict.fromkeys(failures, wrong)}
