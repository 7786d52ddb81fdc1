"""Services: the use cases, shared by API and pages."""

from dataclasses import dataclass

from mlapp.services.access.service import AccessService
from mlapp.services.jobs.service import JobService
from mlapp.services.models.service import ModelService
from mlapp.services.monitoring.recorder import TrafficRecorder
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.observability.health import HealthService
from mlapp.services.observability.metrics import MetricsService
from mlapp.services.prediction.service import PredictionService
from mlapp.services.training.service import TrainingService


@dataclass(frozen=True)
class Services:
    """All services, created in `main.py` and passed to API and pages."""

    models: ModelService
    prediction: PredictionService
    training: TrainingService
    jobs: JobService
    health: HealthService
    recorder: TrafficRecorder
    monitoring: MonitoringService
    access: AccessService
    metrics: MetricsService
