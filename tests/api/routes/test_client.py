"""GET /client.py; what the client does is tested in tests/test_client.py."""

from pathlib import Path

import httpx

from mlapp import client


async def test_client_is_its_source_with_an_entity_tag(http: httpx.AsyncClient):
    found = await http.get("/client.py")

    assert found.text == Path(client.__file__).read_text()
    assert found.headers["content-type"] == "text/x-python; charset=utf-8"
    assert found.headers["cache-control"] == "private, no-cache"
    again = await http.get("/client.py", headers={"If-None-Match": f'"other", {found.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
