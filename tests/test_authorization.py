"""Authorization of every route by role, at a real server with API keys."""

import re
import socket
import subprocess
import sys
from itertools import product

import httpx
import pytest

from tests.servers import FULL, PATIENCE_S, PREDICT, ROOT, address, log_in

PUBLIC = dict.fromkeys(("anonymous", "predict", "full", "session"), "yes")
PREDICT_KEY = {"anonymous": "401", "predict": "yes", "full": "yes", "session": "401"}
DOCS = PREDICT_KEY | {"session": "yes"}
FULL_KEY = {"anonymous": "401", "predict": "403", "full": "yes", "session": "401"}
PAGE = {"anonymous": "to login", "predict": "403", "full": "to login", "session": "yes"}
PAGE_RESOURCE = {"anonymous": "401", "predict": "403", "full": "401", "session": "yes"}
NICEGUI = "/ui/_nicegui/{nicegui}"
PERMISSIONS = {
    "GET /": PUBLIC,
    "GET /health": PUBLIC,
    "GET /livez": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /train": PUBLIC,
    "GET /predict": PUBLIC,
    "GET /ui/login": PUBLIC,
    "POST /ui/login": PUBLIC,
    "POST /predict": PREDICT_KEY,
    "GET /docs": DOCS,
    "GET /openapi.json": DOCS,
    "GET /client.py": DOCS,
    "GET /static-offline-docs": DOCS,
    "GET /models": PREDICT_KEY,
    "GET /models/{model}": PREDICT_KEY,
    "POST /models/{model}/predict": PREDICT_KEY,
    "GET /v2": PUBLIC,
    "GET /v2/health/live": PUBLIC,
    "GET /v2/health/ready": PUBLIC,
    "GET /ping": PUBLIC,
    "GET /version": PUBLIC,
    "GET /v2/models/{model}": PREDICT_KEY,
    "GET /v2/models/{model}/ready": PREDICT_KEY,
    "GET /v2/models/{model}/versions/{version}": FULL_KEY,
    "GET /v2/models/{model}/versions/{version}/ready": PREDICT_KEY,
    "POST /v2/models/{model}/infer": PREDICT_KEY,
    "POST /v2/models/{model}/versions/{version}/infer": PREDICT_KEY,
    "POST /invocations": PREDICT_KEY,
    "POST /models/{model}/invocations": PREDICT_KEY,
    "POST /mcp": PREDICT_KEY,
    "GET /mcp": PREDICT_KEY,
    "DELETE /mcp": PREDICT_KEY,
    "POST /train": FULL_KEY,
    "POST /models/{model}/train": FULL_KEY,
    "GET /jobs": FULL_KEY,
    "GET /jobs/{job_id}": FULL_KEY,
    "DELETE /jobs/{job_id}": FULL_KEY,
    "GET /jobs/{job_id}/events": FULL_KEY,
    "POST /jobs/{job_id}/tickets": FULL_KEY,
    "PATCH /models/{model}": FULL_KEY,
    "DELETE /models/{model}": FULL_KEY,
    "POST /models/{model}/rollback": FULL_KEY,
    "GET /models/{model}/history": FULL_KEY,
    "GET /models/{model}/versions": FULL_KEY,
    "GET /models/{model}/versions/{version}": FULL_KEY,
    "DELETE /models/{model}/versions/{version}": FULL_KEY,
    "GET /models/{model}/versions/{version}/card": FULL_KEY,
    "POST /models/{model}/versions/{version}/activate": FULL_KEY,
    "GET /metrics": FULL_KEY,
    "GET /estimators": FULL_KEY,
    "GET /datasets": FULL_KEY,
    "GET /datasets/{name}": FULL_KEY,
    "GET /ui/": PAGE,
    "GET /ui/train": PAGE,
    "GET /ui/predict": PAGE,
    "GET /ui/predictions/{token}": PAGE,
    "GET /ui/models": PAGE,
    "GET /ui/models/{model}": PAGE,
    "GET /ui/models/{model}/predict": PAGE,
    "GET /ui/models/{model}/versions": PAGE,
    "GET /ui/models/{model}/versions/compare": PAGE,
    "GET /ui/models/{model}/versions/{version}": PAGE,
    "GET /ui/models/{model}/monitor": PAGE,
    "GET /ui/models/{model}/api": PAGE,
    "GET /ui/models/{model}/settings": PAGE,
    "GET /ui/jobs": PAGE,
    "GET /ui/jobs/{job_id}": PAGE,
    "GET /ui/system": PAGE,
    "GET /ui/_nicegui_ws": PAGE_RESOURCE,
    f"GET {NICEGUI}/static": PAGE_RESOURCE,
    f"GET {NICEGUI}/libraries/{{key}}": PAGE_RESOURCE,
    f"GET {NICEGUI}/components/{{key}}": PAGE_RESOURCE,
    f"GET {NICEGUI}/resources/{{key}}/{{path}}": PAGE_RESOURCE,
    f"GET {NICEGUI}/dynamic_resources/{{name}}": PAGE_RESOURCE,
    f"GET {NICEGUI}/esm/{{key}}/{{path}}": PAGE_RESOURCE,
    "POST /ui/logout": PAGE_RESOURCE,
}
"""Every route, and its result per role. A line here is a decision."""
OTHER_PATHS = {
    "GET /models/diabetes/versions/active": PREDICT_KEY,
    "GET /models/diabetes/versions/active/card": PREDICT_KEY,
    "GET /models/diabetes/versions/1": FULL_KEY,
    "GET /models/diabetes/versions/latest": FULL_KEY,
    "GET /static-offline-docs/swagger-ui.css": DOCS,
    "GET /ui/favicon.ico": PAGE,
    "POST /ui/_nicegui/client/0/upload/1": PAGE_RESOURCE,
    "GET /ui/nothing-here": PAGE,
    "GET /jobs/99/events?ticket=wrong": FULL_KEY,
    "GET /nothing-here": FULL_KEY,
    "POST /health": FULL_KEY,
    "OPTIONS /train": FULL_KEY,
    "HEAD /ui/": PAGE,
    "HEAD /models": PREDICT_KEY,
    "HEAD /models/diabetes/versions": FULL_KEY,
}
"""Paths below those routes, dynamic routes of pages, and paths without a route."""

LIST = """
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount
from main import create_app
from mlapp.settings import Settings

def show(routes, prefix):
    for route in routes:
        if not isinstance(route, Mount):
            for each in iter_route_contexts([route]):
                print(*(f"{method} {prefix}{each.path}" for method in each.methods - {"HEAD"}), sep="\\n")
        elif route.path == "/ui":
            show(route.routes, route.path)
        else:
            print("GET", prefix + route.path)

show(create_app(Settings(_env_file=None, store="nowhere", demo=False)).routes, "")
"""
"""Prints the routes of the app. Runs in its own process, as a process can have one app with pages only."""


@pytest.mark.slow
def test_every_route_has_a_permission():
    done = subprocess.run([sys.executable, "-c", LIST], cwd=ROOT, capture_output=True, text=True, check=True)
    plain = re.sub(r"_nicegui/[\d.]+", "_nicegui/{nicegui}", done.stdout.replace(":path}", "}"))
    routes = set(plain.splitlines())

    missing = routes - PERMISSIONS.keys()
    assert not missing, (
        f"Set the permissions of {', '.join(sorted(missing))} in mlapp/api/middleware/permissions.py and here."
    )
    gone = PERMISSIONS.keys() - routes
    assert not gone, f"Delete {', '.join(sorted(gone))} here: the route does not exist."


def test_every_route_enforces_its_permissions(closed: httpx.Client):
    headers = {
        "anonymous": {},
        "predict": {"X-API-Key": PREDICT},
        "full": {"Authorization": f"Bearer {FULL}"},
        "session": log_in(closed),
    }
    # The logout ends the session, so it comes last.
    decisions = sorted((PERMISSIONS | OTHER_PATHS).items(), key=lambda decision: "logout" in decision[0])
    wrong = []
    for (route, expected), role in product(decisions, PUBLIC):
        method, path = route.split()
        answer = closed.request(method, re.sub(r"{\w+}", "99", path), headers=headers[role])
        if result_of(answer) != expected[role]:
            wrong.append((route, role, answer.status_code))
        assert "content-security-policy" in answer.headers
        assert "server" not in answer.headers

    assert not wrong


SIMILAR = [
    r"/models/diabetes/",
    r"//models/diabetes",
    r"/models//diabetes",
    r"/models/diabetes/.",
    r"/models/./diabetes",
    r"/MODELS",
    r"/models/../jobs",
    r"/models/DIABETES",
    r"/models/Diabetes/predict",
    r"/models/diabetes%20",
    r"/models/diabetes%00",
    r"/models/diabetes%0a",
    r"/models/%c4%91",
    r"/models/diabetes/versions",
    r"/models/diabetes/versions/1",
    r"/models/diabetes/versions/%31",
    r"/models/diabetes/versions/ACTIVE",
    r"/models/diabetes%2Fversions",
    r"/models/diabetes%2fversions%2F1",
    r"/models%2Fdiabetes%2Fversions%2F1",
    r"/models/%7Bmodel%7D",
    r"/models/diabetes/versions/active/../1",
    r"/models/diabetes/versions/active/%2e%2e/1",
    r"/models/%2e%2e/jobs",
    r"/models/diabetes/../../jobs",
    r"/predict/../jobs",
    r"/docs/..%2fjobs",
    r"/models/diabetes;x/versions",
    r"/models/diabetes%5cversions",
    r"/models/diabetes/history",
    r"/models/diabetes/train",
    r"/models/diabetes/versions?version=active",
    r"/jobs?/models/diabetes",
    r"http://127.0.0.1/models/diabetes/versions/1",
    r"/static-offline-docs/../jobs",
    r"/static-offline-docs/%2e%2e/jobs",
]
"""Paths similar to those that the predict key may use."""


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "PATCH"])
def test_raw_path_that_is_similar_to_an_allowed_one_opens_nothing(closed: httpx.Client, method: str):
    host, port = address(closed).removeprefix("http://").split(":")
    opened = []
    for path in (*SIMILAR, f"/models/{'x' * 5_000}"):
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {PREDICT}\r\nContent-Length: 0\r\n"
        with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
            connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
            status = connection.makefile("rb").readline().split()[1]
        if status not in {b"403", b"404"}:
            opened.append((path, status))

    assert not opened


def result_of(answer: httpx.Response) -> str:
    if answer.headers.get("location", "").startswith("/ui/login?"):
        return "to login"
    # A login form without a key is 401 as well.
    form = answer.request.url.path == "/ui/login" and "<form" in answer.text
    return str(answer.status_code) if answer.status_code in {401, 403} and not form else "yes"
