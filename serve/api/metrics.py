"""The server's counters, and histograms by model, for Prometheus: collected when they are asked for."""

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from serve.inference.batcher import Batcher
from serve.inference.catalogue import Catalogue
from serve.inference.statistics import Buckets, Counters, Statistics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LABELS = ("model", "version")
HISTOGRAMS = {
    "queue": "convbench_queue_seconds",
    "compute": "convbench_compute_seconds",
    "request": "convbench_request_seconds",
    "batch": "convbench_batch_images",
}
HELP = {
    "queue": "Seconds that requests waited before they ran",
    "compute": "Seconds that batches ran",
    "request": "Seconds between a request's arrival and its answer",
    "batch": "Images in the batches that ran, without padding",
}

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


class _Collector(Collector):
    """Reads the counters that the server keeps anyway: a request costs nothing more."""

    def __init__(self, statistics: Statistics, catalogue: Catalogue, batcher: Batcher) -> None:
        self.statistics, self.catalogue, self.batcher = statistics, catalogue, batcher

    def collect(self) -> Iterable[Family]:
        """Return every family."""
        replies = CounterMetricFamily("convbench_replies", "Answers by HTTP status", labels=["status"])
        for status, count in sorted(self.statistics.replies.items()):
            replies.add_metric([str(status)], count)
        calls = CounterMetricFamily("convbench_grpc_calls", "Calls by gRPC status", labels=["code"])
        for code, count in sorted(self.statistics.calls.items()):
            calls.add_metric([code], count)
        versions = GaugeMetricFamily("convbench_model_served", "1 for every version that is served", labels=LABELS)
        waiting = GaugeMetricFamily("convbench_queue_requests", "Requests that wait now", labels=LABELS)
        for version in self.catalogue.all_served():
            labels = [version.name, str(version.number)]
            versions.add_metric(labels, 1)
            waiting.add_metric(labels, self.batcher.waiting(version))
        failures = CounterMetricFamily("convbench_failures", "Requests that a model did not answer", labels=LABELS)
        for (model, number), counters in self._served():
            failures.add_metric([model, str(number)], counters.fail.count)
        return [replies, calls, versions, waiting, failures, *self._histograms()]

    def _served(self) -> Iterable[tuple[tuple[str, int], Counters]]:
        """Yield the counters of the versions that are served: the series of others end."""
        served = {(version.name, version.number) for version in self.catalogue.all_served()}
        return (entry for entry in self.statistics.all_counters() if entry[0] in served)

    def _histograms(self) -> Iterable[Family]:
        for name, family in HISTOGRAMS.items():
            histogram = HistogramMetricFamily(family, HELP[name], labels=LABELS)
            for (model, number), counters in self._served():
                buckets: Buckets = getattr(counters, f"{name}_buckets")
                histogram.add_metric([model, str(number)], _cumulated(buckets), buckets.total)
            yield histogram


def _cumulated(buckets: Buckets) -> Sequence[tuple[str, float]]:
    total = 0
    cumulated = []
    for edge, count in zip((*(str(float(edge)) for edge in buckets.edges), "+Inf"), buckets.counts, strict=True):
        total += count
        cumulated.append((edge, float(total)))
    return cumulated


def metrics(statistics: Statistics, catalogue: Catalogue, batcher: Batcher) -> bytes:
    """Return everything in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Collector(statistics, catalogue, batcher))
    ProcessCollector(registry=registry)  # CPU seconds, memory, file descriptors, where the system tells
    return generate_latest(registry)
