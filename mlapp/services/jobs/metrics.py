"""Prometheus metrics of trainings."""

from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from mlapp.schemas import JobStatus

TRAIN_S = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0)


class TrainingMetrics:
    """Gauges of queued and running trainings, and counts and durations of those that have ended."""

    def __init__(self, registry: CollectorRegistry, count: Callable[[JobStatus], int]) -> None:
        """`count` returns the number of trainings in a status."""
        self._ended = Counter("mlapp_trainings", "Trainings that have ended.", ["outcome"], registry=registry)
        self._durations = Histogram(
            "mlapp_training_duration_seconds",
            "Time from the start of a training to its end.",
            ["outcome"],
            buckets=TRAIN_S,
            registry=registry,
        )
        for status in JobStatus:
            if status in (JobStatus.QUEUED, JobStatus.RUNNING):
                text = f"Trainings of this process that are {status}."
                Gauge(f"mlapp_trainings_{status}", text, registry=registry).set_function(partial(count, status))
            else:
                # Created with 0, so that the first failure is an increase.
                self._ended.labels(status)

    def ended(self, outcome: JobStatus, seconds: float) -> None:
        """Count a training that has ended."""
        self._ended.labels(outcome).inc()
        self._durations.labels(outcome).observe(seconds)
