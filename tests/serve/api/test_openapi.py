"""Tests of serve.api.openapi: what is described is there, and what is answered is as described."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from images.fit import FITS
from images.formats import FORMATS, MEDIA_TYPES
from serve.api.openapi import document
from tests.serve.conftest import ADMIN, PutModel, Running, expected, request

openapi = pytest.importorskip("openapi_spec_validator", reason="the document is checked by a library")
jsonschema = pytest.importorskip("jsonschema", reason="answers are checked by a library")

PATHS = [(path, method) for path, entry in document()["paths"].items() for method in entry if method != "parameters"]


def checked(answer: object, path: str, method: str) -> None:
    """Check an answer against its schema."""
    described = document()
    content = described["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(answer, {**content, "components": described["components"]})


def test_the_document_is_openapi(running: Running) -> None:
    """By the standard's own schema; the server serves it."""
    openapi.validate(document())

    told = running.ask("GET", "/openapi.json")[1]
    assert told == json.loads(json.dumps(document({"net": [1]})))
    openapi.validate(told)
    parameters = told["paths"]["/v2/models/{model}/versions/{version}"]["parameters"]
    assert [parameter["schema"]["enum"] for parameter in parameters] == [["net"], ["1"]]


@pytest.mark.parametrize(("path", "method"), PATHS)
def test_every_path_is_there(path: str, method: str, running: Running) -> None:
    """None is a 404 or a 405, and what answers 200 to nothing answers as described."""
    concrete = path.replace("{model}", "net").replace("{version}", "1")

    status, answer, _ = running.ask(method.upper(), concrete)

    assert status in (200, 400, 403)
    if status == 200 and path != "/metrics":
        checked(answer, path, method)


def test_the_document_says_which_pictures_are_read_and_how() -> None:
    """Every format with its media types, every fit, and that the declared type does not matter."""
    operation = document()["paths"]["/v2/models/{model}/classify"]["post"]

    assert [word for word in (*FORMATS, *FITS) if word not in operation["description"]] == []
    assert {"application/octet-stream", "multipart/form-data", *MEDIA_TYPES} == set(operation["requestBody"]["content"])
    assert "\n" not in operation["description"]


def test_an_inference_is_as_described(running: Running, images: np.ndarray) -> None:
    """The request too."""
    body: dict[str, Any] = request(images, id="x")
    described = document()
    jsonschema.validate(body, {"$ref": "#/components/schemas/InferenceRequest", "components": described["components"]})

    _, answer = running.infer(body)

    checked(answer, "/v2/models/{model}/infer", "post")


def test_a_generated_client_infers(running: Running, images: np.ndarray, tmp_path: Path) -> None:
    """Made of the document by openapi-python-client: its operations have names, its answers types."""
    pytest.importorskip("openapi_python_client", reason="a contributor's")
    (tmp_path / "openapi.json").write_text(json.dumps(running.ask("GET", "/openapi.json")[1]), "utf-8")
    words = ["generate", "--path", "openapi.json", "--output-path", "generated", "--meta", "none"]
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "openapi_python_client", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    program = f"""
from generated import Client
from generated.api.default import infer, server_metadata
from generated.models import InferenceRequest, InferModel

client = Client("http://127.0.0.1:{running.port}")
print(server_metadata.sync(client=client).name)
question = InferenceRequest.from_dict({request(images)!r})
print(infer.sync(InferModel.NET, client=client, body=question).to_dict()["outputs"][0]["data"])
"""
    done = subprocess.run(  # noqa: S603 - as above
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    name, logits = done.stdout.splitlines()
    assert name == "convbench"
    np.testing.assert_allclose(np.reshape(json.loads(logits), (5, 3)), expected(images), rtol=1e-4)


@pytest.mark.parametrize(
    ("question", "body", "status"),
    [
        ("POST /v2/models/{model}/infer", b"x", 415),
        ("POST /v2/models/{model}/classify", b"x", 415),
        ("POST /v2/repository/index", b"{", 400),
        ("POST /v2/repository/models/{model}/load", b"{", 400),
        ("POST /v2/repository/models/{model}/unload", b"{", 400),
        ("POST /v2/repository/models/{nobody}/load", b"", 404),
        ("POST /v2/repository/models/{nobody}/unload", b"", 404),
        ("POST /v2/repository/models/{model}/load", b"", 429),
        ("GET /v2/models/{away}", b"", 503),
        ("GET /v2/models/{away}/config", b"", 503),
    ],
)
def test_a_refusal_is_as_described(
    question: str, body: bytes, status: int, put_model: PutModel, running: Running
) -> None:
    """Its status is among those of its operation."""
    put_model("away")
    running.server.catalogue.refresh()
    running.server.catalogue.unload("away")
    if status == 429:
        running.server.app.administration.most = 0
    method, path = question.split()
    name = path.partition("{")[2].partition("}")[0]
    headers = {"content-encoding": "br", "authorization": f"Bearer {ADMIN}"}
    asked = path.replace(f"{{{name}}}", "net" if name == "model" else name)

    told, answer, _ = running.ask(method, asked, body, headers)

    assert told == status, answer
    operation = document()["paths"][path.replace(name, "model") if name else path][method.lower()]
    assert str(status) in operation["responses"]
