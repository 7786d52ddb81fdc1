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
        """Return the number of requests to each model; those without any may be missing."""
        return await asyncio.to_thread(self._requests, span)

    def _traffic(self, span: Span, model: str | None, version: int | None) -> Traffic:
        number = self.store.active(model) if model and version is None else version
        categories = self.store.record(model, number).target_distribution.categories if model and number else None
        total = self.recorder.total(model)
        return traffic(total, span, self.recorder.minute(), model, number, categories or [])

    def _drift(self, model: str, version: int) -> Drift:
        record = self.store.record(model, version)
        return drift(model, version, record, self.recorder.total(model).versions.get(version))

    def _requests(self, span: Span) -> dict[str, int]:
        return {model: self._traffic(span, model, None).total.requests for model in self.store.names()}
