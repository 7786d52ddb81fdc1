"""Health."""

from nicegui.testing import User

from mlapp.services import Services
from tests.pages.conftest import Trained


async def test_health_shows_status_message_and_facts(user: User, services: Services, trained: Trained):
    await services.models.activate(str(trained.regression.version))

    await user.open("/health")

    await user.should_see(content="healthy", marker="status")
    await user.should_see(f"Model {trained.regression.version} answers.")
    await user.should_see("Facts")
