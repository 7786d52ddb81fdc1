"""Prometheus metrics of what is stored and what is loaded, read at each scrape."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from mlapp.errors import NotFound
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.prediction.service import PredictionService
from mlapp.store import ModelStore


@dataclass(eq=False)
class StoreMetrics(Collector):
    """Gauges of models and versions."""

    store: ModelStore
    prediction: PredictionService
    recorder: TrafficRecorder

    def collect(self) -> Iterator[Metric]:
        """Return the current values.

        Raises:
            Unavailable: the store cannot be read now.
        """
        versions: dict[str, tuple[int, int]] = {}
        for model in self.store.names():
            # It may have been deleted since it was listed.
            with suppress(NotFound):
                versions[model] = self.store.active(model) or 0, len(self.store.versions(model))
        yield GaugeMetricFamily("mlapp_models", "Models in the store.", len(versions))
        stored = sum(count for _, count in versions.values())
        yield GaugeMetricFamily("mlapp_versions", "Versions in the store.", stored)
        active = GaugeMetricFamily("mlapp_active_version", "Active version of a model; 0 if none is.", labels=["model"])
        for model in sorted(self.recorder.metrics.labels & versions.keys()):
            active.add_metric([model], versions[model][0])
        yield active
        yield from self._default()
        sizes = self.prediction.loaded_sizes
        text = "Loaded versions, except the active one of the default model."
        yield GaugeMetricFamily("mlapp_loaded_versions", text, len(sizes))
        yield GaugeMetricFamily("mlapp_loaded_bytes", "Size of their files.", sum(sizes.values()))

    def _default(self) -> Iterator[Metric]:
        answering, default = self.prediction.active(), self.store.default()
        yield GaugeMetricFamily(
            "mlapp_default_version",
            "The version of the default model that answers; 0 if none does.",
            answering.version if answering else 0,
        )
        wanted = None
        # It may have been deleted since it was read.
        with suppress(NotFound):
            wanted = self.store.active(default) if default else None
        found = (answering.model, answering.version) if answering else None
        yield GaugeMetricFamily(
            "mlapp_default_version_loaded",
            "1 if the active version of the default model is loaded, or none is active; else 0.",
            int(wanted is None or found == (default, wanted)),
        )
