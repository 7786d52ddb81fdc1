"""Permissions: which callers may use which route, and for which models. One table.

Routes that are not in the table require the full key, for all models.
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from mlapp.errors import Forbidden, Unauthorized, shorten
from mlapp.services.access.service import Caller, Role

PAGES = "/ui"
LOGIN = f"{PAGES}/login"
REDIRECTS = ("/", "/train", "/predict")
"""Paths of which GET only redirects to the pages."""
DOCS_FILES = "/static-offline-docs"
NO_KEY = "This requires an API key; send it as 'Authorization: Bearer …' or as 'X-API-Key'."
NO_SESSION = f"This requires a login; open {LOGIN} in a browser."
PREDICT_ONLY = "This key may only predict and read what active versions expect; use the full key (MLAPP_API_KEY)."


class LoginRequired(Unauthorized):
    """A page was requested without a session."""


class TicketRequired(Unauthorized):
    """A route that accepts tickets was requested without a key."""


class Models(Enum):
    """The models that a request to a route concerns."""

    NONE = "none"
    PATH = "path"
    """The one in the path."""
    DEFAULT = "default"
    """The default model."""
    ALL = "all"
    """Several, or one that only the body names: not for callers of single models."""


class Permission(NamedTuple):
    """Who may use a route: callers of these roles, if they may use its models; sessions and tickets if it says so."""

    roles: frozenset[Role]
    models: Models
    session: bool = False
    ticket: bool = False


ANYONE = frozenset(Role)
ANY_KEY = frozenset({Role.PREDICT, Role.FULL})
FULL_KEY = frozenset({Role.FULL})

PUBLIC = Permission(ANYONE, Models.NONE)
PAGE = Permission(frozenset(), Models.NONE, session=True)
"""All paths below `PAGES` but the login."""
UNKNOWN = Permission(FULL_KEY, Models.ALL)

PERMISSIONS: Mapping[str, Permission] = {
    **{f"GET {path}": PUBLIC for path in ("/health", "/livez", "/readyz", *REDIRECTS)},
    # With a session: it leads on to the pages, or ends the session.
    f"GET {LOGIN}": Permission(ANYONE, Models.NONE, session=True),
    f"POST {LOGIN}": Permission(ANYONE, Models.NONE, session=True),
    "POST /predict": Permission(ANY_KEY, Models.DEFAULT),
    "POST /models/{model}/predict": Permission(ANY_KEY, Models.PATH),
    # Of other protocols: the same as those of ours that do the same.
    **{f"GET {path}": PUBLIC for path in ("/v2", "/v2/health/live", "/v2/health/ready", "/ping", "/version")},
    "GET /v2/models/{model}": Permission(ANY_KEY, Models.PATH),
    "GET /v2/models/{model}/ready": Permission(ANY_KEY, Models.PATH),
    "GET /v2/models/{model}/versions/{version}": Permission(FULL_KEY, Models.PATH),
    "GET /v2/models/{model}/versions/{version}/ready": Permission(ANY_KEY, Models.PATH),
    "POST /v2/models/{model}/infer": Permission(ANY_KEY, Models.PATH),
    "POST /v2/models/{model}/versions/{version}/infer": Permission(ANY_KEY, Models.PATH),
    "POST /invocations": Permission(ANY_KEY, Models.DEFAULT),
    "POST /models/{model}/invocations": Permission(ANY_KEY, Models.PATH),
    # The body names the model; its tool `train` requires the full key.
    **{f"{method} /mcp": Permission(ANY_KEY, Models.ALL) for method in ("POST", "GET", "DELETE")},
    "POST /train": Permission(FULL_KEY, Models.ALL),
    "POST /models/{model}/train": Permission(FULL_KEY, Models.PATH),
    "GET /jobs": Permission(FULL_KEY, Models.ALL),
    "GET /jobs/{job_id}": Permission(FULL_KEY, Models.ALL),
    "DELETE /jobs/{job_id}": Permission(FULL_KEY, Models.ALL),
    "POST /jobs/{job_id}/tickets": Permission(FULL_KEY, Models.ALL),
    # A browser's EventSource sends no key.
    "GET /jobs/{job_id}/events": Permission(FULL_KEY, Models.ALL, ticket=True),
    "GET /models": Permission(ANY_KEY, Models.ALL),
    "GET /models/{model}": Permission(ANY_KEY, Models.PATH),
    # It may change the default model, and so the answers of `/predict`.
    "PATCH /models/{model}": Permission(FULL_KEY, Models.ALL),
    "DELETE /models/{model}": Permission(FULL_KEY, Models.PATH),
    "POST /models/{model}/rollback": Permission(FULL_KEY, Models.PATH),
    "GET /models/{model}/history": Permission(FULL_KEY, Models.PATH),
    "GET /models/{model}/versions": Permission(FULL_KEY, Models.PATH),
    "GET /models/{model}/versions/active": Permission(ANY_KEY, Models.PATH),
    "GET /models/{model}/versions/active/card": Permission(ANY_KEY, Models.PATH),
    "GET /models/{model}/versions/{version}": Permission(FULL_KEY, Models.PATH),
    "GET /models/{model}/versions/{version}/card": Permission(FULL_KEY, Models.PATH),
    "POST /models/{model}/versions/{version}/activate": Permission(FULL_KEY, Models.PATH),
    "DELETE /models/{model}/versions/{version}": Permission(FULL_KEY, Models.PATH),
    "GET /metrics": Permission(FULL_KEY, Models.ALL),
    "GET /estimators": Permission(FULL_KEY, Models.NONE),
    "GET /datasets": Permission(FULL_KEY, Models.NONE),
    "GET /datasets/{name}": Permission(FULL_KEY, Models.NONE),
    "GET /openapi.json": Permission(ANY_KEY, Models.ALL, session=True),
    "GET /docs": Permission(ANY_KEY, Models.NONE, session=True),
    "GET /client.py": Permission(ANY_KEY, Models.NONE, session=True),
    f"GET {DOCS_FILES}": Permission(ANY_KEY, Models.NONE, session=True),
    f"GET {DOCS_FILES}/{{path:path}}": Permission(ANY_KEY, Models.NONE, session=True),
}
"""The permission of each route, by method and path template; of several that match a path, the first one counts."""

_SEGMENTS = {"model": "(?P<model>[a-z0-9][a-z0-9_-]{0,62})", "path:path": "(?s:.*)"}
"""Regular expressions of parameters in templates, where they are not any segment."""


def _compile(template: str) -> re.Pattern[str]:
    parts = re.split(r"{([\w:]+)}", template)
    # Every other part is the name of a parameter.
    return re.compile("".join(_SEGMENTS.get(p, "[^/]+") if n % 2 else re.escape(p) for n, p in enumerate(parts)))


_EXACT = {route: permission for route, permission in PERMISSIONS.items() if "{" not in route}
_TEMPLATES: dict[str, list[tuple[re.Pattern[str], Permission]]] = {}
for _route, _permission in PERMISSIONS.items():
    _method, _, _path = _route.partition(" ")
    if _route not in _EXACT:
        _TEMPLATES.setdefault(_method, []).append((_compile(_path), _permission))


def permission_of(method: str, path: str) -> tuple[Permission, str | None]:
    """Return the permission of a request, and the model in its path; HEAD is like GET."""
    method = "GET" if method == "HEAD" else method
    if exact := _EXACT.get(f"{method} {path}"):
        return exact, None
    if is_below(path, PAGES):
        return PAGE, None
    for pattern, permission in _TEMPLATES.get(method, ()):
        if match := pattern.fullmatch(path):
            return permission, match["model"] if pattern.groups else None
    return UNKNOWN, None


def check_permission(
    permission: Permission, caller: Caller, model: str | None, default: str | None, *, session: bool
) -> None:
    """Check that a caller, or a session, may use a route for the model in its path or the default one.

    Raises:
        Unauthorized: the route requires a key or a login.
        Forbidden: the key does not allow it.
    """
    if session and permission.session:
        return
    if caller.role not in permission.roles:
        if caller.role is Role.PREDICT:
            raise Forbidden(PREDICT_ONLY)
        if permission.ticket:
            raise TicketRequired(NO_KEY)
        raise LoginRequired(NO_SESSION) if permission is PAGE else Unauthorized(NO_KEY)
    if caller.models is None or permission.models is Models.NONE:
        return
    asked = {Models.PATH: model, Models.DEFAULT: default}.get(permission.models)
    if asked not in caller.models:
        names = shorten(", ".join(sorted(caller.models)) or "none", 200)
        raise Forbidden(f"This key is for single models ({names}); use their routes, below /models/{{model}}.")


def is_below(path: str, folder: str) -> bool:
    """Return whether a path is a folder or below it."""
    return path == folder or path.startswith(f"{folder}/")
