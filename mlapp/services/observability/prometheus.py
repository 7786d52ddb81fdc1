"""What is counted, as Prometheus reads it.

Source: https://prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4 of the text format;
https://prometheus.io/docs/practices/naming.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import psutil
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from mlapp import __version__
from mlapp.schemas import JobStatus
from mlapp.services.histograms import Histogram
from mlapp.services.observability.metrics import MetricsService

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ENDED = (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.INTERRUPTED)


def exposition(metrics: MetricsService) -> bytes:
    """Return all metrics as they stand now."""
    registry = CollectorRegistry()
    registry.register(_Metrics(metrics))
    return generate_latest(registry)


class _Metrics(Collector):
    """Collects them; labels have few values, and none of them is anybody's data."""

    def __init__(self, metrics: MetricsService) -> None:
        self.metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self._requests()
        yield from self._predictions()
        yield from self._trainings()
        yield from self._models()
        yield from self._process()

    def _requests(self) -> Iterator[Metric]:
        classes: Counter[tuple[str, str, str]] = Counter()
        refusals: Counter[str] = Counter()
        # Copies: the event loop goes on counting.
        for (method, route, status), count in self.metrics.requests.copy().items():
            classes[method, route, f"{status // 100}xx"] += count
            if status >= 400:
                refusals[str(status)] += count
        yield _counters(
            "mlapp_http_requests", "Requests that were answered.", ("method", "route", "status"), classes.items()
        )
        yield _histograms(
            "mlapp_http_request_duration_seconds",
            "Time until a request was answered to the end.",
            "route",
            self.metrics.durations.copy(),
        )
        by_status = [((status,), count) for status, count in refusals.items()]
        yield _counters("mlapp_http_refusals", "Requests that were refused or failed.", ("status",), by_status)
        yield CounterMetricFamily(
            "mlapp_http_disconnects",
            "Requests whose sender was gone before they could be answered.",
            self.metrics.disconnects,
        )

    def _predictions(self) -> Iterator[Metric]:
        totals = self.metrics.monitoring.totals()
        yield CounterMetricFamily("mlapp_predictions", "Rows that were predicted.", totals.rows)
        yield CounterMetricFamily(
            "mlapp_prediction_warnings", "Values that were predicted from but never seen in training.", totals.warnings
        )
        yield _histograms(
            "mlapp_prediction_duration_seconds",
            "Time until the answer of a request to predict began, refusals and the pages' requests too.",
            None,
            {"": totals.durations},
        )

    def _trainings(self) -> Iterator[Metric]:
        jobs = self.metrics.jobs
        none = Histogram(())
        ended = [((status.value,), jobs.durations.get(status, none).count) for status in ENDED]
        yield _counters("mlapp_trainings", "Trainings that have ended.", ("outcome",), ended)
        yield _histograms(
            "mlapp_training_duration_seconds",
            "Time from the start of a training to its end.",
            "outcome",
            {status.value: durations for status, durations in jobs.durations.copy().items()},
        )
        for status in (JobStatus.RUNNING, JobStatus.QUEUED):
            yield GaugeMetricFamily(
                f"mlapp_trainings_{status}", f"Trainings of this process that are {status}.", jobs.under_way(status)
            )

    def _models(self) -> Iterator[Metric]:
        store, active = self.metrics.store, self.metrics.prediction.active
        wanted = store.active()
        loaded = wanted is None or (active is not None and active.version == wanted)
        yield GaugeMetricFamily("mlapp_models", "Versions in the store.", len(store.versions()))
        yield GaugeMetricFamily(
            "mlapp_active_model_version", "The version that answers; 0 when none does.", active.version if active else 0
        )
        yield GaugeMetricFamily(
            "mlapp_active_version_loaded",
            "1 when the version that is active in the store answers, or none is active; 0 when it does not.",
            loaded,
        )

    def _process(self) -> Iterator[Metric]:
        process = psutil.Process()
        used = process.cpu_times()
        yield GaugeMetricFamily(
            "mlapp_process_resident_memory_bytes", "Resident memory of the server.", process.memory_info().rss
        )
        yield CounterMetricFamily("mlapp_process_cpu_seconds", "Processor time of the server.", used.user + used.system)
        yield GaugeMetricFamily(
            "mlapp_process_start_time_seconds", "When the server was started, since 1970.", process.create_time()
        )
        yield GaugeMetricFamily(
            "mlapp_process_uptime_seconds", "How long the server has been running.", self.metrics.uptime_s
        )
        yield _histograms(
            "mlapp_event_loop_lag_seconds",
            "How much later than due the event loop did something.",
            None,
            {"": self.metrics.lag},
        )
        yield InfoMetricFamily("mlapp_app", "The app that runs.", {"version": __version__})


def _counters(name: str, text: str, labels: Sequence[str], counts: Iterable[tuple[Sequence[str], float]]) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, count in counts:
        family.add_metric(values, count)
    return family


def _histograms(name: str, text: str, label: str | None, histograms: dict[str, Histogram]) -> Metric:
    family = HistogramMetricFamily(name, text, labels=[label] if label else None)
    for value, histogram in histograms.items():
        family.add_metric([value] if label else [], histogram.cumulated(), histogram.sum)
    return family
