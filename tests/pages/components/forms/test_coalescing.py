"""Coalescing of frequent changes: what a closed page still runs, and errors of open ones."""

import asyncio

import pytest
from nicegui.testing import User

from pages.components.forms.coalescing import CoalescedTask
from tests.pages.conftest import eventually


class Drawing:
    """A run that waits, and then draws where there is nothing any more."""

    def __init__(self) -> None:
        self.waits, self.ready = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        self.waits.set()
        await self.ready.wait()
        raise ValueError("the element is gone")


async def test_run_of_a_page_that_was_closed_ends_in_silence(user: User, caplog: pytest.LogCaptureFixture):
    await user.open("/jobs")
    assert user.client
    drawing = Drawing()
    with user:
        task = CoalescedTask(drawing.run)
        task.schedule()
    await drawing.waits.wait()

    user.client.delete()
    drawing.ready.set()
    await eventually(lambda: task._task is not None and task._task.done())

    assert not caplog.records


async def test_error_of_an_open_page_is_logged(user: User, caplog: pytest.LogCaptureFixture):
    await user.open("/jobs")
    drawing = Drawing()
    with user:
        CoalescedTask(drawing.run).schedule()

    drawing.ready.set()
    await eventually(lambda: bool(caplog.records))

    assert "the element is gone" in caplog.text
    caplog.clear()
