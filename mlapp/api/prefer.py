"""The header Prefer."""

from fastapi import Request


def prefers(request: Request, preference: str) -> bool:
    """Return whether a request states a preference, as `respond-async` or `handling=strict`.

    Source: RFC 7240, section 2.
    """
    stated = ",".join(request.headers.getlist("prefer")).replace('"', "").replace(" ", "").lower()
    return preference in (each.partition(";")[0] for each in stated.split(","))
