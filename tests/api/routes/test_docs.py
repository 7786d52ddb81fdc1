"""GET /docs."""

import base64
import hashlib
import re

import httpx
import pytest


async def test_docs_load_files_of_this_server_only(http: httpx.AsyncClient):
    page = await http.get("/docs")

    assert page.headers["content-type"].startswith("text/html")
    loaded = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)["']""", page.text)
    assert len(loaded) >= 4
    for address in loaded:
        assert address.startswith("/")
        assert not address.startswith("//")
        assert (await http.get(address)).status_code == 200


async def test_policy_of_the_docs_allows_their_script_only(http: httpx.AsyncClient):
    page = await http.get("/docs")

    (script,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"]) == ("'none'", f"'self' 'sha256-{digest}'")


async def test_docs_without_pages_have_no_link_to_them(http: httpx.AsyncClient):
    assert "/ui/" not in (await http.get("/docs")).text


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect"])
async def test_default_docs_of_fastapi_are_disabled(http: httpx.AsyncClient, path: str):
    assert (await http.get(path)).status_code == 404
