"""Messages of services as pages show them: without what only users of the API know."""

import re

API_WORDS = [
    (re.compile(r"; (?:GET|POST|PATCH|DELETE) /\S*[^.;]*"), ""),
    (re.compile(r": (?:GET|POST|PATCH|DELETE) /\S*(?=\.$|\.\s)"), ""),
    (re.compile(r" \(MLAPP_\w+\)"), ""),
    (re.compile(r"send its value, or null if it is not known"), "leave its field empty if it is not known"),
    (re.compile(r"; merge them by merge_values=.*\.$"), "; they can be merged."),
    (re.compile(r"^Row 0, feature "), ""),
    (re.compile(r"^Row 0\b"), "The row"),
]
"""Patterns and what stands instead of them."""


def on_page(message: str) -> str:
    """Return a message of a service for a page: a page has one row, no routes and no variables."""
    for pattern, words in API_WORDS:
        message = pattern.sub(words, message)
    return message
