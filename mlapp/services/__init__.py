"""The use cases, which the API and the pages share."""

from dataclasses import dataclass

from mlapp.services.access import AccessService
from mlapp.services.health import HealthService
from mlapp.services.jobs import JobService
from mlapp.services.metrics import MetricsService
from mlapp.services.models import ModelService
from mlapp.services.monitoring import MonitoringService
from mlapp.services.prediction import PredictionService
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
