"""MonitoringService: traffic over time, and drift of production data."""

import asyncio
from dataclasses import dataclass

from mlapp.schemas import Drift, Span, Traffic
from mlapp.services.monitoring.drift_report import drift
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.monitoring.traffic import traffic
from mlapp.store import ModelStore


@dataclass
class MonitoringService:
    """Reports what all processes on the store have recorded."""

    store: ModelStore
    recorder: TrafficRecorder

    async def traffic(self, span: Span, model: str | None = None, version: int | None = None) -> Traffic:
        """Return requests to a model or to all of them, and the predictions of a version, by default the active one.

        Raises:
            NotFound: the model or the version does not exist.
        """
        return await asyncio.to_thread(self._traffic, span, model, version)

    async def drift(self, model: str, version: int) -> Drift:
        """Return the drift of the requests to a version against its training table.

        Raises:
            NotFound: the version does not exist.
        """
        return await asyncio.to_thread(self._drift, model, version)

    async def requests(self, span: Span) -> dict[str, int]:
        """Return the number of requests to each model; also those without any."""
        return await asyncio.to_thread(self.recorder.counter.numbers_of_requests, span)

    def _traffic(self, span: Span, model: str | None, version: int | None) -> Traffic:
        version = (version or self.store.active(model)) if model else None
        predictions, classes = {}, None
        if model and version:
            classes = self.store.record(model, version).target_distribution.categories
            predictions = self.recorder.counter.predictions(span, model, version)
        found = traffic(self.recorder.counter.requests(span, model), predictions, span, self.recorder.counter.minute())
        return found.model_copy(update={"model": model, "version": version, "classes": classes or []})

    def _drift(self, model: str, version: int) -> Drift:
        record = self.store.record(model, version)
        return drift(model, version, record, self.recorder.counter.profile(model, version))
