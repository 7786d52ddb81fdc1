"""FastAPI dependencies: the services."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request

from mlapp.services import Services
from mlapp.services.access.service import AccessService
from mlapp.services.jobs.service import JobService
from mlapp.services.models.service import ModelService
from mlapp.services.monitoring.service import MonitoringService
from mlapp.services.observability.health import HealthService
from mlapp.services.observability.metrics import MetricsService
from mlapp.services.prediction.service import PredictionService
from mlapp.services.training import TrainingService


def services_of(app: FastAPI) -> Services:
    """Return the services of the app."""
    services: Services = app.state.services
    return services


def _models(request: Request) -> ModelService:
    return services_of(request.app).models


def _prediction(request: Request) -> PredictionService:
    return services_of(request.app).prediction


def _training(request: Request) -> TrainingService:
    return services_of(request.app).training


def _jobs(request: Request) -> JobService:
    return services_of(request.app).jobs


def _health(request: Request) -> HealthService:
    return services_of(request.app).health


def _monitoring(request: Request) -> MonitoringService:
    return services_of(request.app).monitoring


def _access(request: Request) -> AccessService:
    return services_of(request.app).access


def _metrics(request: Request) -> MetricsService:
    return services_of(request.app).metrics


Models = Annotated[ModelService, Depends(_models)]
Prediction = Annotated[PredictionService, Depends(_prediction)]
Monitoring = Annotated[MonitoringService, Depends(_monitoring)]
Access = Annotated[AccessService, Depends(_access)]
Metrics = Annotated[MetricsService, Depends(_metrics)]
Training = Annotated[TrainingService, Depends(_training)]
Jobs = Annotated[JobService, Depends(_jobs)]
HealthStatus = Annotated[HealthService, Depends(_health)]
