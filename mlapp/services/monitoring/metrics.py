"""Prometheus metrics of predictions."""

from prometheus_client import CollectorRegistry, Counter, Histogram

PREDICT_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class PredictionMetrics:
    """Counts and durations of predictions in this process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.durations = Histogram(
            "mlapp_prediction_duration_seconds",
            "Time from the start of a prediction request to its response, including errors and requests of the pages.",
            buckets=PREDICT_S,
            registry=registry,
        )
        self.rows = Counter("mlapp_predictions", "Predicted rows.", registry=registry)
        self.warnings = Counter(
            "mlapp_prediction_warnings",
            "Values in predicted rows that did not occur in training.",
            registry=registry,
        )
