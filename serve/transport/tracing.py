"""Traces, an optional extra: a span for every inference, and in it its queue, its batch and its computation.

OpenTelemetry's own variables say where they go: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME and the others.
"""

import time
from collections.abc import Sequence

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from export.repository.golden import Answers
from serve.errors import RequestError
from serve.inference.batcher import Ran
from serve.inference.request_queue import Job
from serve.inference.version import Version

SERVICE = "convbench"


class Tracing:
    """Makes spans of what the batcher tells, when it is over.

    Args:
        processor: takes the spans; None: one that sends them as the environment says.
    """

    def __init__(self, processor: SpanProcessor | None = None) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
        self._provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(SERVICE)
        self._epoch = time.time_ns() - time.monotonic_ns()

    def ran(self, version: Version, jobs: Sequence[Job], results: Sequence[Answers | RequestError], ran: Ran) -> None:
        """Make the spans of a batch's requests that nobody answered before."""
        del version
        for job, result in zip(jobs, results, strict=True):
            if not job.over:
                self._request(job, result if isinstance(result, RequestError) else None, ran.ended, ran)

    def failed(self, job: Job, why: RequestError, now: float) -> None:
        """Make the span of a request that is refused, or whose deadline passed."""
        self._request(job, why, now)

    def close(self) -> None:
        """Send what was not sent yet."""
        self._provider.shutdown()

    def _request(self, job: Job, error: RequestError | None, ended: float, ran: Ran | None = None) -> None:
        version = job.version
        span = self._tracer.start_span(
            "infer",
            context=propagate.extract({"traceparent": job.trace.decode("latin-1")} if job.trace else {}),
            kind=trace.SpanKind.SERVER,
            start_time=self._at(job.arrived),
            attributes={"model.name": version.name, "model.version": version.number, "images": job.count},
        )
        if ran is not None:
            within = trace.set_span_in_context(span)
            parts = {
                "queue": (job.arrived, job.started),
                "batch": (job.started, ran.ended),
                "compute": (ran.ended - ran.seconds, ran.ended),
            }
            for name, (start, end) in parts.items():
                part = self._tracer.start_span(name, context=within, start_time=self._at(start))
                part.set_attribute("batch.images", ran.images)
                part.end(self._at(end))
        if error is not None:
            span.set_status(trace.StatusCode.ERROR, str(error))
            span.set_attribute("http.response.status_code", error.status)
        span.end(self._at(ended))

    def _at(self, moment: float) -> int:
        """Return a time of `time.monotonic` in nanoseconds since 1970."""
        return self._epoch + int(moment * 1e9)
