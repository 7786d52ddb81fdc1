"""Content negotiation by the Accept header, and redirects of browsers to the pages."""

import math
from collections.abc import Iterable, Sequence
from typing import TypeVar
from urllib.parse import quote
from urllib.request import parse_http_list

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import Scope

MediaType = TypeVar("MediaType", bound=str)


def negotiate(accept: Iterable[str], offered: Sequence[MediaType]) -> MediaType | None:
    """Return the offered media type that a client prefers; None if it accepts none of them.

    `accept` holds the lines of the header; without any range in them, everything is acceptable. The most specific range
    gives a type its weight; of types with the same weight the first one offered is returned. Parameters other than the
    weight are ignored, and so are ranges whose weight is invalid.

    Source: RFC 9110, section 12.5.1.
    """
    parsed = [_media_range(part) for line in accept for part in parse_http_list(line) if part]
    ranges = {media_range: weight for media_range, weight in parsed if 0 <= weight <= 1} if parsed else {"*/*": 1.0}
    weights = [_weight(media_type, ranges) for media_type in offered]
    best = max(weights)
    return offered[weights.index(best)] if best else None


def wants_page(scope: Scope) -> bool:
    """Return whether a request is that of a browser for a page, and there are pages."""
    if scope["method"] not in ("GET", "HEAD"):
        return False
    wanted = negotiate(Headers(scope=scope).getlist("accept"), ["application/json", "text/html"])
    return wanted == "text/html" and scope["app"].state.pages is not None


def page_redirect(scope: Scope) -> RedirectResponse:
    """Return a redirect to the page of the same path and query; the pages say so if there is none."""
    path, query = f"{scope['app'].state.pages}{quote(scope['path'])}", scope["query_string"].decode("latin-1")
    return RedirectResponse(f"{path}?{query}" if query else path)


def _media_range(part: str) -> tuple[str, float]:
    """Return a media range and its weight, NaN if it is not a number."""
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((each.removeprefix("q=") for each in parameters if each.startswith("q=")), "1")
    try:
        return media_range, float(weight)
    except ValueError:
        return media_range, math.nan


def _weight(media_type: str, ranges: dict[str, float]) -> float:
    most_specific_first = (str(media_type), f"{media_type.partition('/')[0]}/*", "*/*")
    return next((ranges[each] for each in most_specific_first if each in ranges), 0.0)
