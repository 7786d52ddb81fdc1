"""The use cases, which the API and the pages share."""

from dataclasses import dataclass

from mlapp.services.access.service import AccessService
from mlapp.services.jobs.service import JobService
from mlapp.services.models.service import ModelService
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.observability.health import HealthService
from mlapp.services.observability.metrics import MetricsService
from mlapp.services.prediction.service import PredictionService
from mlapp.services.training import TrainingService


@dataclass(frozen=True)
class Services:
    """What the doors are given: wired in `main.py`, passed on from there."""

    models: ModelService
    prediction: PredictionService
    training: TrainingService
    jobs: JobService
    health: HealthService
    monitoring: MonitoringService
    access: AccessService
    metrics: MetricsService
