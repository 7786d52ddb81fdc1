"""User text in Markdown: none of it becomes Markdown or HTML of its own."""

from collections.abc import Iterable, Sequence

from mlapp.errors import shorten

MAX_ROWS = 100
"""Rows that a table shows."""
ESCAPES = str.maketrans({c: f"\\{c}" for c in "\\`*_[]#"} | {c: f"&#{ord(c)};" for c in "&<>|~$"})
"""What means something in the midst of a line; as entities what tables and HTML take apart before escapes count."""


def text(of: str, limit: int = 80) -> str:
    """Return user text on one line, cut at `limit` characters."""
    return shorten(of, limit).translate(ESCAPES)


def quotation(of: str, limit: int = 2_000) -> str:
    """Return user text of several lines as a quotation."""
    lines = [text(line.strip(), limit) for line in of.splitlines() if line.strip()]
    return "\n>\n".join(f"> {_without_a_mark(line)}" for line in lines)


def table(names: Sequence[str], rows: Sequence[Iterable[str]]) -> str:
    """Return a table of user text."""
    head, *body = [[text(cell, 500) for cell in row] for row in (names, *rows[:MAX_ROWS])]
    lines = [head, ["---"] * len(head), *body]
    more = f"\n\nAnd {len(rows) - MAX_ROWS:,} more." if len(rows) > MAX_ROWS else ""
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + more


def _without_a_mark(line: str) -> str:
    """Keep what a line begins with from making a list, a heading or a rule of it."""
    return line if line[0].isalpha() or line[0] in "\\&" else f"&#{ord(line[0])};{line[1:]}"
