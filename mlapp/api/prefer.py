"""The Prefer header."""

from typing import Any

from fastapi import Request


def prefers(request: Request, preference: str) -> bool:
    """Return whether a request states a preference, as `respond-async` or `handling=strict`.

    Source: RFC 7240, section 2.
    """
    stated = ",".join(request.headers.getlist("prefer")).replace('"', "").replace(" ", "").lower()
    return preference in (each.partition(";")[0] for each in stated.split(","))


def prefer_header(description: str) -> dict[str, Any]:
    """Return the OpenAPI parameter of the header."""
    return {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": description,
    }
