"""Escaping of user text in Markdown, and tables and quotations made of it."""

from collections.abc import Iterable, Sequence

from mlapp.errors import shorten
from mlapp.presentation.formats import format_count

MAX_ROWS = 100
"""Rows of a table; the others are counted."""
ESCAPES = str.maketrans({c: f"\\{c}" for c in "\\`*_[]#"} | {c: f"&#{ord(c)};" for c in "&<>|~$"})
"""Characters with a meaning inside a line. Entities for those that tables and HTML parse before backslash escapes."""


def text(value: str, limit: int = 80) -> str:
    """Return user text on one line, escaped and cut at `limit` characters."""
    return shorten(value, limit).translate(ESCAPES)


def quotation(value: str, limit: int = 2_000) -> str:
    """Return user text of several lines as a block quotation."""
    lines = [text(line.strip(), limit) for line in value.splitlines() if line.strip()]
    return "\n>\n".join(f"> {_escape_start(line)}" for line in lines)


def table(names: Sequence[str], rows: Sequence[Iterable[str]]) -> str:
    """Return a table of user text."""
    head, *body = [[text(cell, 500) for cell in row] for row in (names, *rows[:MAX_ROWS])]
    lines = [head, ["---"] * len(head), *body]
    more = f"\n\nAnd {format_count(len(rows) - MAX_ROWS)} more." if len(rows) > MAX_ROWS else ""
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + more


def _escape_start(line: str) -> str:
    """Escape the start of a line, which could make a list, a heading or a rule of it."""
    return line if line[0].isalpha() or line[0] in "\\&" else f"&#{ord(line[0])};{line[1:]}"
