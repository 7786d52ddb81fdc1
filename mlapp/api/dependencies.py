"""FastAPI dependency: the services of the app."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request

from mlapp.services import Services


def services_of(app: FastAPI) -> Services:
    """Return the services of the app."""
    services: Services = app.state.services
    return services


async def _services(request: Request) -> Services:
    # A coroutine, as FastAPI runs other dependencies in a thread.
    return services_of(request.app)


AppServices = Annotated[Services, Depends(_services)]
