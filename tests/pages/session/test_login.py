"""Login and logout with an API key."""

import httpx
import pytest
from nicegui.testing import User

from mlapp.services import Services
from mlapp.services.access.service import AccessService
from mlapp.settings import Settings

FULL, PREDICT = "a-key-for-everything", "a-key-to-predict-with"


@pytest.fixture
def http(user: User, services: Services, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    """A browser, with an app that requires a key."""
    closed = AccessService(Settings(_env_file=None, api_key=FULL, predict_key=PREDICT))
    for name, value in vars(closed).items():
        monkeypatch.setattr(services.access, name, value)
    user.http_client.follow_redirects = False
    return user.http_client


@pytest.mark.parametrize(
    ("form", "status", "message"),
    [
        ("key=wrong", 401, "This key is wrong"),
        ("", 401, "This key is wrong"),
        (f"key={PREDICT}", 403, "This key may only predict"),
    ],
)
async def test_invalid_key_is_rejected_with_the_reason(http: httpx.AsyncClient, form: str, status: int, message: str):
    answer = await http.post("/login", content=form)

    assert answer.status_code == status
    assert message in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "set-cookie" not in answer.headers


async def test_session_lasts_from_login_to_logout(http: httpx.AsyncClient):
    assert (await http.get("/system")).headers["location"] == "/ui/login?next=/ui/system"
    assert (await http.post("/login?next=/ui/system", data={"key": FULL})).headers["location"] == "/ui/system"
    first = dict(http.cookies)
    assert (await http.post("/login", data={"key": FULL})).status_code == 303
    assert (await http.get("/system")).status_code == 200
    assert (await http.get("/login")).headers["location"] == "/ui/"

    assert (await http.post("/logout")).headers["location"] == "/ui/login"

    assert not http.cookies
    for cookies in ({}, first):
        http.cookies.update(cookies)
        assert (await http.get("/system")).status_code == 303


async def test_login_without_an_api_key_redirects_to_the_pages(user: User):
    user.http_client.follow_redirects = False

    for method in ("GET", "POST"):
        answer = await user.http_client.request(method, "/login")
        assert (answer.status_code, answer.headers["location"]) == (303, "/ui/")
    assert (await user.http_client.post("/logout")).headers["location"] == "/ui/login"
