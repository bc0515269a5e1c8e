"""Tests of deploy/monitoring/: what Prometheus and Grafana are told is what the server has."""

import json
import re
from typing import Any

import numpy as np
import pytest

from bench.harness.paths import PROJECT
from serve.__main__ import parser
from tests.serve.conftest import PutModel, Running, Start, request

yaml = pytest.importorskip("yaml", reason="a contributor's")
FOLDER = PROJECT / "deploy" / "monitoring"
METRIC = re.compile(r"\b(?:convbench|process)_[a-z_]+")
GRPC_ONLY = "convbench_grpc_calls_total"


@pytest.fixture
def running(put_model: PutModel, start: Start) -> Running:
    """Return a server with one model."""
    put_model()
    return start()


def read(name: str) -> Any:  # noqa: ANN401 - any YAML
    """Return a file's content."""
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def test_every_metric_of_the_board_is_there(running: Running, images: np.ndarray) -> None:
    """By its name: a panel of another would stay empty, and nobody would wonder."""
    assert running.infer(request(images))[0] == 200
    text = running.ask("GET", "/metrics")[1].decode()
    board = json.loads((FOLDER / "board.json").read_text("utf-8"))
    names = {
        name for panel in board["panels"] for target in panel["targets"] for name in METRIC.findall(target["expr"])
    }

    assert len(names) >= 8
    missing = {name for name in names if not re.search(rf"^{name}[ {{]", text, re.MULTILINE)}
    assert missing <= {GRPC_ONLY}


def test_what_is_mounted_exists_and_is_found() -> None:
    """Files by their paths, the server by its name and port, the token by its place."""
    compose, prometheus = read("compose.yaml"), read("prometheus.yaml")
    for service in compose["services"].values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source == "../../model_repository" or (FOLDER / source).is_file()
    (job,) = prometheus["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["serve:8080"]}]
    assert job["authorization"]["credentials_file"] == "/run/secrets/token"
    assert compose["secrets"]["token"]["file"] == "./token"
    assert "deploy/monitoring/token" in (PROJECT / ".gitignore").read_text("utf-8").split()
    parser().parse_args(compose["services"]["serve"]["command"])


def test_the_board_asks_the_source_that_is_there() -> None:
    """By its id."""
    (source,) = read("datasource.yaml")["datasources"]
    board = json.loads((FOLDER / "board.json").read_text("utf-8"))

    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {source["uid"]}
