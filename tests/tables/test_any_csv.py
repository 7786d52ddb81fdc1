"""Property-based tests: any text is read as a table, or rejected with a reason; and rows keep their lines."""

import csv
import io
from operator import itemgetter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlapp.errors import MlappError
from mlapp.schemas import FileOptions
from mlapp.tables.formats.csv import csv_table

pytestmark = pytest.mark.slow
often = settings(max_examples=300, deadline=None, derandomize=True, database=None)

CELLS = [
    *("", " ", "a", "b", "x y", "é", "1", "2.5", "1,5", "2024-01-01", "NA", "-", "--", "---", "cm", "(g)", "=1", "\\"),
    *('"', "'", '"q"', "'q'", '"a,b"', '"a\nb"', '\\"', "\u00a0", "\x1a", "Total", "Source: x", "#", "//", "{", "["),
    *("Unnamed: 0", "0"),
]
lines = st.sampled_from(",;\t| ").flatmap(
    lambda delimiter: st.lists(st.lists(st.sampled_from(CELLS), max_size=5).map(delimiter.join), max_size=9)
)
options = st.builds(FileOptions, header_row=st.sampled_from([None, None, 0, 1, 2]))


@often
@given(lines, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["utf-8", "utf-16", "cp1252"]), options)
def test_any_text_is_read_or_rejected(rows, end, encoding, options):
    data = end.join([*rows, ""]).encode(encoding)
    for training in (True, False):
        try:
            table = csv_table(data, options, training=training)
        except MlappError:
            continue
        assert table.lines is not None
        assert sorted(set(table.lines)) == list(table.lines)
        assert len(table.lines) == table.frame.height
        assert set(table.problems) <= set(range(0 if training else table.frame.height))


@often
@given(
    st.lists(st.lists(st.integers(0, 99), min_size=3, max_size=3), min_size=3, max_size=9),
    st.sampled_from(["", "Report\n\n", "# v 2\n", "Account;12\nUser;x\n\n"]),
    st.sampled_from(["", "cm;;kg\n", "\n"]),
    st.sampled_from(["", "\n;;\n", "Source: x\n", "\n(9 rows)\n"]),
    st.booleans(),
)
def test_rows_are_found_among_all_that_is_around_them(rows, above, second, below, index):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerows([[*([row] if index else []), *cells] for row, cells in enumerate(rows)])
    header = ";" * index + "length;n;weight\n"
    if index and second.startswith("cm"):
        second = ";" + second

    table = csv_table((above + header + second + text.getvalue() + below).encode(), training=True)

    assert table.frame.columns == ["length", "n", "weight"]
    assert [list(map(int, row)) for row in table.frame.rows()] == rows
    assert table.lines is not None
    assert table.lines[0] == 1 + above.count("\n") + 1 + second.count("\n")


@often
@given(st.lists(st.tuples(st.integers(-999, 999), st.integers(0, 9)), min_size=4, max_size=9), st.sampled_from(".,"))
def test_totals_are_left_out_and_other_rows_kept(rows, decimal):
    def line(name, values):
        return name + "".join(f";{value / 4:.2f}".replace(".", decimal) for value in values) + "\n"

    text = "name;x;y\n" + "".join(line(f"n{row}", cells) for row, cells in enumerate(rows))
    sums = [sum(map(itemgetter(column), rows)) for column in (0, 1)]

    with_total = csv_table((text + line("Total", sums)).encode(), training=True)
    with_other = csv_table((text + line("Total", [sums[0] + 1_000_000, sums[1]])).encode(), training=True)

    assert (with_total.frame.height, with_other.frame.height) == (len(rows), len(rows) + 1)
