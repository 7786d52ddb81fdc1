"""User text in Markdown, as a parser reads it."""

import re

import markdown2  # type: ignore[import-untyped]
import pytest

from mlapp.presentation.markdown import quotation, table, text

HOSTILE = ["<img src=x onerror=a()>", "a|b", "`c`", "**d**", "_e_f_", "[g](h)", "# i", "\\`j", "$k$", "&lt;", "--- l"]


def html(markdown: str) -> str:
    return str(markdown2.markdown(markdown, extras=["fenced-code-blocks", "tables"]))


def plain(markdown: str) -> str:
    """Return the visible text; fails on tags other than those of paragraphs, tables and quotations."""
    made = html(markdown)
    assert set(re.findall(r"</?(\w+)", made)) <= {"p", "table", "thead", "tbody", "tr", "th", "td", "blockquote"}, made
    shown = re.sub(r"<[^>]+>", "\n", made)
    return re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), shown).replace("&amp;", "&")


@pytest.mark.parametrize("name", HOSTILE)
def test_text_is_shown_unchanged(name: str):
    assert plain(f"Predicts {text(name)} well.").strip() == f"Predicts {name} well."


def test_text_is_one_short_line():
    assert text("a\nb\x85c" + "d" * 100, 10) == "a�b�cddddd…"


@pytest.mark.parametrize("name", HOSTILE)
def test_table_has_a_cell_for_every_text(name: str):
    made = table(("Name", name), [(name, "1"), ("x", name)])

    assert [cell for cell in plain(made).split("\n") if cell.strip()] == ["Name", name, name, "1", "x", name]


def test_long_table_counts_the_other_rows():
    assert table(("A",), [("b",)] * 101).endswith("| b |\n\nAnd 1 more.")
    assert table(("A",), [("b",)] * 100).endswith("| b |")


def test_quotation_keeps_lines_and_escapes_them():
    note = "First\n\n---\n - second\n1. third\n===\n```\n> fourth\n<b>"

    lines = [line for line in plain(quotation(note)).split("\n") if line.strip()]

    assert lines == ["First", "---", "- second", "1. third", "===", "```", "> fourth", "<b>"]
