"""Tests of serve.api.metrics and serve.inference.statistics: what Prometheus is told is what happened."""

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from serve.inference.statistics import Buckets
from tests.serve.conftest import Running, request


def samples(running: Running) -> dict[str, float]:
    """Return the values of /metrics by name and labels."""
    status, content, headers = running.ask("GET", "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(content.decode())
        for sample in family.samples
    }


def test_what_happened_is_told(running: Running, images: np.ndarray) -> None:
    """Requests by status, times and batches by model."""
    for _ in range(3):
        running.infer(request(images))
    running.ask("GET", "/nothing")

    sampled = samples(running)
    net = "[('model', 'net'), ('version', '1')]"

    assert sampled["convbench_replies_total[('status', '200')]"] == 3
    assert sampled["convbench_replies_total[('status', '404')]"] == 1
    assert sampled[f"convbench_model_served{net}"] == 1
    assert sampled[f"convbench_queue_requests{net}"] == 0
    for name in ("queue_seconds", "compute_seconds", "request_seconds"):
        assert sampled[f"convbench_{name}_count{net}"] == 3
        assert sampled[f"convbench_{name}_sum{net}"] > 0
    assert sampled[f"convbench_batch_images_sum{net}"] == 15
    assert sampled["convbench_batch_images_bucket[('le', '4.0'), ('model', 'net'), ('version', '1')]"] == 0
    assert sampled["convbench_batch_images_bucket[('le', '8.0'), ('model', 'net'), ('version', '1')]"] == 3


def test_an_answer_says_how_long_it_took(running: Running, images: np.ndarray) -> None:
    """As Server-Timing, which browsers show."""
    _, _, headers = running.ask(
        "POST", "/v2/models/net/infer", images[0].tobytes(), {"Inference-Header-Content-Length": "0"}
    )

    queue, run = (float(part.partition("=")[2]) for part in headers["server-timing"].split(", "))
    assert 0 <= queue < 1000
    assert 0 < run < 1000


@pytest.mark.parametrize(("value", "place"), [(0.5, 0), (1, 0), (1.5, 1), (2, 1), (3, 2)])
def test_a_value_counts_at_the_edge_that_holds_it(value: float, place: int) -> None:
    """An edge holds what is equal to it, as Prometheus has it."""
    buckets = Buckets((1, 2))

    buckets.add(value)

    assert buckets.counts == [int(bucket == place) for bucket in range(3)]
    assert buckets.total == value
