"""Security headers, and redirects to this host only."""

import httpx
import pytest

from mlapp.api.middleware.security_headers import API_HEADERS, with_headers
from tests.api.middleware.conftest import FULL


async def test_redirects_ignore_the_host_header(secured: httpx.AsyncClient):
    names = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "//evil.example"}

    answer = await secured.get("/models/?a=1", headers=names | {"X-API-Key": FULL})

    assert (answer.status_code, answer.headers["location"]) == (307, "/models?a=1")


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        (b"http://evil.example/a?b=http://c", b"/a?b=http://c"),
        (b"HTTPS://evil.example//evil.example/a", b"/evil.example/a"),
        (b"//evil.example/a", b"/evil.example/a"),
        (b"/\\evil.example", b"/evil.example"),
        (b"/ui/", b"/ui/"),
    ],
)
def test_redirects_stay_on_this_host(location: bytes, sent: bytes):
    assert (b"location", sent) in with_headers(307, [(b"location", location)], API_HEADERS)
    # Other Location headers are paths anyway.
    assert (b"location", location) in with_headers(201, [(b"location", location)], API_HEADERS)


def test_headers_of_a_response_take_precedence():
    own = [(b"cache-control", b"max-age=1"), (b"content-security-policy", b"default-src 'none'")]

    names = [name for name, _ in with_headers(200, list(own), API_HEADERS)]

    assert len(names) == len(set(names))


async def test_responses_have_security_headers(secured: httpx.AsyncClient):
    answer = await secured.get("/datasets", headers={"X-API-Key": FULL})

    assert {name: answer.headers[name] for name in SAFE} == SAFE


SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
