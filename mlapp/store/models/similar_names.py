"""The name that was probably meant instead of an unknown one."""

from bisect import bisect
from collections.abc import Sequence
from difflib import get_close_matches

MAX_COMPARED = 40
"""Comparing two similar names takes up to 25 µs, and programs may ask for a deleted model again and again."""
CUTOFF = 0.75
"""Similarity from which on a name is taken for another one."""


def closest(name: str, known: Sequence[str]) -> str | None:
    """Return the most similar one of sorted names, None if none is; of many, only those nearby in the order count."""
    name = name[:100].lower()
    at = bisect(known, name)
    nearby = known[max(at - MAX_COMPARED // 2, 0) :][:MAX_COMPARED]
    return next(iter(get_close_matches(name, nearby, 1, CUTOFF)), None)
