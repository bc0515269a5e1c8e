"""The table of routes: dispatch, access and the OpenAPI document are all made from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from images.fit import FITS
from images.formats import FORMATS, MEDIA_TYPES
from serve.api.url import Target

Schema = dict[str, Any]

MODEL = "/v2/models/{model}"
VERSIONED = f"{MODEL}/versions/{{version}}"
REPOSITORY = ("v2", "repository")
BYTES: Schema = {"type": "string", "format": "binary"}
PICTURES: Schema = {kind: {"schema": BYTES} for kind in (*MEDIA_TYPES, "application/octet-stream")} | {
    "multipart/form-data": {"schema": {"type": "object", "properties": {"pictures": {"type": "array", "items": BYTES}}}}
}
WHAT_IS_READ = f"""Files of {", ".join(FORMATS)}, told by their content, not by their names or declared types: one as
the body, or several as multipart/form-data. A picture of another shape than the model's gets the fit of the
model's card, which /models says too: {FITS[0]} (squeezed; so do cards that say none), {FITS[1]} (its middle part) or
{FITS[2]} (whole, with a rim in the colour of the data set's ground)."""
INFERENCE: Schema = {
    "application/json": {"schema": {"$ref": "#/components/schemas/InferenceRequest"}},
    "application/octet-stream": {"schema": BYTES},
}
OUTPUTS: Schema = {
    "application/octet-stream": {
        "schema": {
            **BYTES,
            "description": "where binary_data asks for it: JSON, so long as the header Inference-Header-Content-Length "
            "says, then the outputs' bytes, row-major, little-endian",
        }
    }
}
JSON_LENGTH: Schema = {
    "name": "Inference-Header-Content-Length",
    "in": "header",
    "required": False,
    "schema": {"type": "integer", "minimum": 0},
    "description": "bytes of JSON before those of the image; 0: the bytes of one image are all there is",
}
INVERT: Schema = {"name": "invert", "in": "query", "required": False, "schema": {"type": "boolean"}}


class Who(Enum):
    """Those who may ask for a route, where tokens are asked for at all."""

    EVERYBODY = "everybody"
    CLIENT = "client"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Route:
    """One path with what it takes, what it answers, and the method of `App` that does it.

    Attributes:
        path: as OpenAPI writes it; one that begins with MODEL is there below VERSIONED, too.
        handler: name of the method of `serve.api.app.App`.
        summary: one clause; a route without one is not in the document.
        description: sentences, where the summary does not say all.
        answer: name of the answer's schema, nothing where it is text.
        body: content types of the request with their schemas.
        binary: content types of the answer beside JSON, with their schemas.
        failures: statuses beside 401, which all have.
        parameters: behind the question mark and in headers.
    """

    method: str
    path: str
    handler: str
    summary: str = ""
    answer: str = "Any"
    body: Schema = field(default_factory=dict)
    binary: Schema = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    parameters: tuple[Schema, ...] = ()
    who: Who = Who.CLIENT
    description: str = ""


RUN_FAILURES = ("400", "404", "408", "413", "415", "429", "500", "503", "504")
FIND_FAILURES = ("404", "503")
CHANGE_FAILURES = ("400", "403", "404", "429")
LOAD, UNLOAD = "/v2/repository/models/{model}/load", "/v2/repository/models/{model}/unload"
ROUTES = (
    Route("GET", "/v2", "server_metadata", "What the server is", "Server"),
    Route("GET", "/v2/health/live", "live", "Whether it runs", who=Who.EVERYBODY),
    Route(
        *("GET", "/v2/health/ready", "health", "Whether it may be asked: not while it loads or stops"),
        failures=("503",),
        who=Who.EVERYBODY,
    ),
    Route("GET", "/v2/models/stats", "all_statistics", "What happened, of every model"),
    Route(
        *("POST", "/v2/repository/index", "index", "Every model and version, with its state and why", "Index"),
        failures=("400",),
    ),
    Route(
        *("POST", LOAD, "load", "Load a model; needs the administrator's token"),
        failures=CHANGE_FAILURES,
        who=Who.ADMINISTRATOR,
    ),
    Route("POST", UNLOAD, "unload", "Unload a model; as above", failures=CHANGE_FAILURES, who=Who.ADMINISTRATOR),
    Route("GET", "/models", "list_models", "What the page shows of every model", "List"),
    Route("GET", "/metrics", "metrics", "For Prometheus", answer=""),
    Route("GET", "/openapi.json", "describe"),
    Route("GET", MODEL, "model_metadata", "A model's inputs and outputs", "Model", failures=FIND_FAILURES),
    Route("GET", f"{MODEL}/ready", "model_ready", "Whether a model is served", failures=FIND_FAILURES),
    Route("GET", f"{MODEL}/config", "model_settings", "A model's configuration", failures=FIND_FAILURES),
    Route("GET", f"{MODEL}/stats", "model_statistics", "What happened, of one model", failures=FIND_FAILURES),
    Route(
        *("POST", f"{MODEL}/infer", "infer", "Pixels in, logits and probabilities out", "InferenceResponse"),
        body=INFERENCE,
        binary=OUTPUTS,
        parameters=(JSON_LENGTH,),
        failures=RUN_FAILURES,
    ),
    Route(
        *("POST", f"{MODEL}/classify", "classify", "Pictures in, labels out", "Classes"),
        body=PICTURES,
        failures=RUN_FAILURES,
        parameters=(INVERT,),
        description=WHAT_IS_READ.replace("\n", " "),
    ),
)
PLAIN: Mapping[str, Route] = {route.path: route for route in ROUTES if "{" not in route.path}
OF_MODELS: Mapping[str, Route] = {
    route.path.removeprefix(MODEL).lstrip("/"): route for route in ROUTES if route.path.startswith(MODEL)
}
CHANGES: Mapping[str, Route] = {
    route.path.rpartition("/")[2]: route for route in ROUTES if route.path in (LOAD, UNLOAD)
}


def find(wanted: Target) -> Route | None:
    """Return the route of a URL, None where there is none."""
    if wanted.model:
        return OF_MODELS.get(wanted.action)
    match wanted.parts:
        case ("v2", "repository", "models", _, action):
            return CHANGES.get(action)
        case _:
            return PLAIN.get(f"/{'/'.join(wanted.parts)}")


def who_may(wanted: Target) -> Who:
    """Return who may ask for a URL.

    Whatever else lies below /v2/repository asks for the administrator's token too, also a path that is not there: to
    anybody else the answer tells nothing.
    """
    route = find(wanted)
    if route is not None:
        return route.who
    return Who.ADMINISTRATOR if wanted.parts[: len(REPOSITORY)] == REPOSITORY else Who.CLIENT
