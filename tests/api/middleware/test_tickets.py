"""Tickets for the events of a job, in place of a key."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from mlapp.app import _has_ticket
from mlapp.store import JobStore
from tests.api.conftest import problem_of
from tests.api.middleware.conftest import FULL, KEYS, PREDICT, client_of
from tests.store.conftest import ended

KEY = {"X-API-Key": FULL}


@pytest.fixture
async def secured(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app with two jobs that have ended."""
    store = JobStore(tmp_path / "store")
    for _ in range(2):
        number = store.open()
        store.save(ended(number))
        store.close(number)
    async with client_of(tmp_path, **KEYS) as http:
        yield http


async def events_of(http: httpx.AsyncClient, number: int = 1) -> str:
    answer = await http.post(f"/jobs/{number}/tickets", headers=KEY)
    assert (answer.status_code, answer.json()["expires_in_s"]) == (201, 60)
    events: str = answer.json()["events"]
    assert events == f"/jobs/{number}/events?ticket={answer.json()['ticket']}"
    return events


async def test_ticket_opens_the_events_of_its_job_once(secured: httpx.AsyncClient):
    events = await events_of(secured)

    first, second = await secured.get(events), await secured.get(events)

    assert (first.status_code, first.text.count("data: ")) == (200, 1)
    problem = problem_of(second, 401)
    assert "POST /jobs/{job_id}/tickets" in problem["detail"]
    assert second.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/jobs/2/events"),
        ("GET", "/jobs/1"),
        ("GET", "/jobs"),
        ("DELETE", "/jobs/1"),
        ("POST", "/jobs/1/tickets"),
        ("GET", "/jobs/01/events"),
        ("GET", "/jobs/1/events/"),
    ],
)
async def test_ticket_opens_nothing_else(secured: httpx.AsyncClient, method: str, path: str):
    events = await events_of(secured)

    problem_of(await secured.request(method, f"{path}?{events.partition('?')[2]}"), 401)

    assert (await secured.get(events)).status_code == 200


@pytest.mark.parametrize("query", ["", "?ticket=", "?ticket=wrong", "?ticket=%ff", "?Ticket=a", "?key=1"])
async def test_events_without_a_valid_ticket_need_a_key(secured: httpx.AsyncClient, query: str):
    problem_of(await secured.get(f"/jobs/1/events{query}"), 401)


async def test_ticket_does_not_help_other_sites_or_wrong_keys(secured: httpx.AsyncClient):
    events = await events_of(secured)

    problem_of(await secured.get(events, headers={"Origin": "https://evil.example.org"}), 403)
    problem_of(await secured.get(events, headers={"X-API-Key": "wrong"}), 401)
    problem_of(await secured.get(events, headers={"X-API-Key": PREDICT}), 403)

    assert (await secured.get(events, headers=KEY)).status_code == 200
    assert (await secured.get(events)).status_code == 200


async def test_tickets_need_the_full_key_and_a_job(secured: httpx.AsyncClient):
    problem_of(await secured.post("/jobs/1/tickets"), 401)
    problem_of(await secured.post("/jobs/1/tickets", headers={"X-API-Key": PREDICT}), 403)
    problem_of(await secured.post("/jobs/9/tickets", headers=KEY), 404)


async def test_ticket_is_redeemed_by_another_process_on_the_store(secured: httpx.AsyncClient, tmp_path: Path):
    events = await events_of(secured)

    async with client_of(tmp_path, **KEYS) as other:
        assert (await other.get(events)).status_code == 200
    problem_of(await secured.get(events), 401)


async def test_server_without_keys_needs_no_ticket(tmp_path: Path, secured: httpx.AsyncClient):
    async with client_of(tmp_path) as open_:
        ticket = (await open_.post("/jobs/1/tickets")).json()["events"]
        assert (await open_.get(ticket)).status_code == 200
        assert (await open_.get("/jobs/1/events")).status_code == 200
    assert (await secured.get(ticket)).status_code == 200


def test_traces_leave_out_requests_with_a_ticket():
    assert _has_ticket({"type": "http", "query_string": b"a=1&ticket=x"})
    assert not _has_ticket({"type": "lifespan"})
