"""Prometheus metrics of predictions, by model."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram

from mlapp.schemas import RequestCounts
from mlapp.services.monitoring.known_models import KnownModels
from mlapp.services.monitoring.queue import CompletedRequest

PREDICT_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MAX_LABELS = 100
"""Number of models with series of their own."""
STATUSES = ("2xx", "4xx", "5xx")
OTHER = "other"
"""Label of all further models, and of requests to none."""


class PredictionMetrics:
    """Counts and durations of predictions in this process.

    The histogram is of all models, as 18 series for each of 100 would be more than all others together.
    """

    def __init__(self, registry: CollectorRegistry, models: KnownModels) -> None:
        self._models = models
        self.labels: set[str] = set()
        """Models with series of their own; they keep them until they are deleted, as counters must not decrease."""
        self.durations = Histogram(
            "mlapp_prediction_duration_seconds",
            "Time from the start of a prediction request to its response, including errors and requests of the pages.",
            buckets=PREDICT_S,
            registry=registry,
        )
        self.requests = Counter(
            "mlapp_prediction_requests",
            "Prediction requests, including those of the pages.",
            ["model", "status"],
            registry=registry,
        )
        self.rows = Counter("mlapp_predictions", "Predicted rows.", ["model"], registry=registry)
        self.warnings = Counter(
            "mlapp_prediction_warnings",
            "Values in predicted rows that did not occur in training.",
            ["model"],
            registry=registry,
        )

    def count(
        self,
        requests: Iterable[CompletedRequest],
        by_minute: Mapping[tuple[str | None, int], RequestCounts],
        warnings: Mapping[str, int],
    ) -> None:
        """Count requests, also given by model and minute, and the number of warnings by model."""
        for request in requests:
            self.durations.observe(request.duration_ms / 1_000)
        for (model, _), counts in by_minute.items():
            label, errors = self._label(model), (counts.client_errors, counts.server_errors)
            # All are created with 0, so that the first error is an increase.
            for status, count in zip(STATUSES, (counts.requests - sum(errors), *errors), strict=True):
                self.requests.labels(label, status).inc(count)
            self.rows.labels(label).inc(counts.rows)
        for model, count in warnings.items():
            self.warnings.labels(self._label(model)).inc(count)

    def follow(self, deleted: set[str]) -> None:
        """Remove the series of models that were deleted, and label all models if there are few."""
        for model in self.labels & deleted:
            self.labels.remove(model)
            self.rows.remove(model)
            self.warnings.remove(model)
            for status in STATUSES:
                self.requests.remove(model, status)
        if len(self._models.keys) <= MAX_LABELS:
            self.labels |= self._models.keys.keys() - {OTHER}

    def _label(self, model: str | None) -> str:
        """Return the name of a model in the store, if it is one of the first 100."""
        if model in self._models.keys and model != OTHER and len(self.labels) < MAX_LABELS:
            self.labels.add(model)
        return model if model in self.labels else OTHER
