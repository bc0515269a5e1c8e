"""Tests of serve.transport.tracing: the spans of what was answered, refused and late."""

import asyncio
from typing import Any

import pytest

from serve.errors import RequestError
from serve.inference.batcher import Batcher
from serve.inference.request_queue import Job
from tests.serve.fakes import Fake, image, until, version

pytest.importorskip("opentelemetry.sdk", reason="an optional extra")
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from serve.transport.tracing import Tracing

PARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """Return what keeps the spans."""
    return InMemorySpanExporter()


def asked(spans: InMemorySpanExporter, value: int, timeout: float = 5.0, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - a configuration's
    """Ask a fake model once; return the spans by their names."""

    async def main() -> None:
        batcher = Batcher(1, Tracing(SimpleSpanProcessor(spans)))
        results: list[Any] = []
        now = batcher.loop.time()
        asked = version(Fake(), **changes)
        job = Job(asked, image(value), now, now + timeout, lambda _, result: results.append(result), trace=PARENT)
        try:
            batcher.submit(job)
        except RequestError as error:
            results.append(error)
        await until(lambda: bool(results))
        batcher.close()

    asyncio.run(main())
    return {span.name: span for span in spans.get_finished_spans()}


def test_a_request_has_spans_of_its_parts(spans: InMemorySpanExporter) -> None:
    """In its client's trace, one after the other."""
    made = asked(spans, 1)

    assert set(made) == {"infer", "queue", "batch", "compute"}
    request = made["infer"]
    assert request.parent.span_id == 0xB7AD6B7169203331
    assert dict(request.attributes) == {"model.name": "net", "model.version": 1, "images": 1}
    assert request.status.status_code is not trace.StatusCode.ERROR
    for name in ("queue", "batch", "compute"):
        part = made[name]
        assert part.parent.span_id == request.context.span_id
        assert request.start_time <= part.start_time <= part.end_time <= request.end_time
    assert made["queue"].end_time == made["batch"].start_time


def test_what_fails_is_an_error(spans: InMemorySpanExporter) -> None:
    """Poison is one: with its status."""
    request = asked(spans, 255)["infer"]

    assert request.status.status_code is trace.StatusCode.ERROR
    assert request.attributes["http.response.status_code"] == 500


def test_what_is_refused_is_an_error_without_parts(spans: InMemorySpanExporter) -> None:
    """It never ran."""
    made = asked(spans, 1, timeout=-1.0)

    assert set(made) == {"infer"}
    assert made["infer"].attributes["http.response.status_code"] in (429, 504)
