"""Authorization of every route by role, at a real server with API keys."""

import re
import subprocess
import sys
from itertools import product

import httpx
import pytest

from tests.servers import FULL, PREDICT, ROOT, log_in

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
    "GET /static-offline-docs": DOCS,
    "POST /train": FULL_KEY,
    "GET /jobs": FULL_KEY,
    "GET /jobs/{job_id}": FULL_KEY,
    "DELETE /jobs/{job_id}": FULL_KEY,
    "GET /jobs/{job_id}/events": FULL_KEY,
    "GET /models": FULL_KEY,
    "GET /models/history": FULL_KEY,
    "GET /models/{version}": FULL_KEY,
    "DELETE /models/{version}": FULL_KEY,
    "GET /models/{version}/card": FULL_KEY,
    "POST /models/{version}/activate": FULL_KEY,
    "POST /models/rollback": FULL_KEY,
    "GET /metrics": FULL_KEY,
    "GET /estimators": FULL_KEY,
    "GET /datasets": FULL_KEY,
    "GET /datasets/{name}": FULL_KEY,
    "GET /ui/": PAGE,
    "GET /ui/train": PAGE,
    "GET /ui/predict": PAGE,
    "GET /ui/predictions/{token}": PAGE,
    "GET /ui/models": PAGE,
    "GET /ui/models/compare": PAGE,
    "GET /ui/models/{version}": PAGE,
    "GET /ui/monitor": PAGE,
    "GET /ui/jobs": PAGE,
    "GET /ui/jobs/{job_id}": PAGE,
    "GET /ui/health": PAGE,
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
    "GET /models/active": PREDICT_KEY,
    "GET /models/active/card": PREDICT_KEY,
    "GET /static-offline-docs/swagger-ui.css": DOCS,
    "GET /ui/favicon.ico": PAGE,
    "POST /ui/_nicegui/client/0/upload/1": PAGE_RESOURCE,
    "GET /ui/nothing-here": PAGE,
    "GET /nothing-here": FULL_KEY,
    "POST /health": FULL_KEY,
    "OPTIONS /train": FULL_KEY,
    "HEAD /ui/": PAGE,
    "HEAD /models": FULL_KEY,
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
        f"Set the permissions of {', '.join(sorted(missing))} in mlapp/api/middleware/authorization.py and here."
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


def result_of(answer: httpx.Response) -> str:
    if answer.headers.get("location", "").startswith("/ui/login?"):
        return "to login"
    # A login form without a key is 401 as well.
    form = answer.request.url.path == "/ui/login" and "<form" in answer.text
    return str(answer.status_code) if answer.status_code in {401, 403} and not form else "yes"
