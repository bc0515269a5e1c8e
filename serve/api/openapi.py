"""The OpenAPI document at /openapi.json, made from the table of routes: every path, its request and its answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from serve.api.metadata import NAME, VERSION
from serve.api.routes import MODEL, ROUTES, VERSIONED, Route, Schema

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
    "InferenceRequest": _object(
        ("inputs",),
        id=TEXT,
        parameters=_object(timeout=COUNT, binary_data_output={"type": "boolean"}),
        inputs=_list(
            _object(
                ("name", "shape", "datatype"),
                name={"const": "image"},
                datatype={"const": "UINT8"},
                shape={**_list({"type": "integer", "minimum": 1}), "minItems": 4, "maxItems": 4},
                data={**_list({}), "description": "0 to 255, row-major, flat or nested"},
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
    "InferenceResponse": _object(
        ("model_name", "model_version", "outputs"),
        model_name=TEXT,
        model_version=TEXT,
        id=TEXT,
        outputs=_list({**TENSOR, "properties": {**TENSOR["properties"], "data": _list({"anyOf": [NUMBER, TEXT]})}}),
    ),
    "Classes": _object(
        ("model_name", "model_version", "predictions"),
        model_name=TEXT,
        model_version=TEXT,
        predictions=_list(
            _object(
                ("name", "inverted", "unlike", "labels"),
                name=TEXT,
                inverted={"type": "boolean"},
                unlike={
                    "type": "boolean",
                    "description": "whether it is unlike the images of the data set",
                },
                labels=_list(_object(("label", "probability"), label=TEXT, probability=NUMBER)),
            )
        ),
    ),
    "Index": _list(_object(("name", "version", "state", "reason"), name=TEXT, version=TEXT, state=TEXT, reason=TEXT)),
    "Any": {"type": "object"},
    "List": _list({"type": "object"}),
}


def document(served: Mapping[str, Iterable[int]] | None = None) -> dict[str, Any]:
    """Return the document, as JSON has it.

    Args:
        served: numbers of the versions of every model, which the document lists.
    """
    numbers = sorted({number for versions in (served or {}).values() for number in versions})
    values = {"model": _one_of(sorted(served or {})), "version": _one_of([str(number) for number in numbers])}
    plain = [(route.path, route) for route in ROUTES if route.summary and not route.path.startswith(MODEL)]
    of_models = [route for route in ROUTES if route.path.startswith(MODEL)]
    both = [(below + route.path.removeprefix(MODEL), route) for below in (MODEL, VERSIONED) for route in of_models]
    paths = {path: _path(path, route, values) for path, route in (*plain, *both)}
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


def _path(path: str, route: Route, values: Mapping[str, Schema]) -> dict[str, Any]:
    names = [name for name in values if f"{{{name}}}" in path]
    known = [{"name": name, "in": "path", "required": True, "schema": values[name]} for name in names]
    body = {"requestBody": {"content": route.body, "required": True}} if route.body else {}
    more = {"description": route.description} if route.description else {}
    name = f"{route.handler}_of_version" if VERSIONED in path else route.handler
    operation = {"operationId": name, "summary": route.summary, **more, **body, "responses": _responses(route)}
    return {route.method.lower(): operation, "parameters": [*known, *route.parameters]}


def _responses(route: Route) -> dict[str, Any]:
    if not route.answer:
        return {"200": {"description": "text", "content": {"text/plain": {"schema": TEXT}}}}
    content = {"application/json": {"schema": _named(route.answer)}, **route.binary}
    right = {"description": "as asked", "content": content}
    wrong = {"description": "why not", "content": {"application/json": {"schema": _named("Error")}}}
    return {"200": right, **dict.fromkeys(("401", *route.failures), wrong)}
