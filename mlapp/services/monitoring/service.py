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

    async def traffic(self, span: Span, version: int | None = None) -> Traffic:
        """Return requests over time, and the predictions of a version, by default the active one.

        Raises:
            NotFound: the version does not exist.
        """
        return await asyncio.to_thread(self._traffic, span, version)

    async def drift(self, version: int) -> Drift:
        """Return the drift of the requests to a version against its training table.

        Raises:
            NotFound: the version does not exist.
        """
        return await asyncio.to_thread(self._drift, version)

    def _traffic(self, span: Span, version: int | None) -> Traffic:
        number = self.store.active() if version is None else version
        categories = None if number is None else self.store.record(number).target_distribution.categories
        return traffic(self.recorder.total(), span, self.recorder.minute(), number, categories or [])

    def _drift(self, version: int) -> Drift:
        record = self.store.record(version)
        return drift(version, record, self.recorder.total().versions.get(version))
