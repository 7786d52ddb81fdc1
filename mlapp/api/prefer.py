"""The Prefer header."""

from collections.abc import Iterable
from typing import Any


def prefers(lines: Iterable[str], preference: str) -> bool:
    """Return whether the lines of the header state a preference, as `respond-async` or `handling=strict`.

    Source: RFC 7240, section 2.
    """
    stated = ",".join(lines).replace('"', "").replace(" ", "").lower()
    return preference in (each.partition(";")[0] for each in stated.split(","))


def prefer_header(description: str) -> dict[str, Any]:
    """Return the OpenAPI parameter of the header."""
    return {"name": "Prefer", "in": "header", "schema": {"type": "string"}, "description": description}
