"""Where a table begins: titles, comments, names and further headers."""

import csv

import pytest

from mlapp.errors import Unacceptable
from mlapp.tables.dialects.header import check_header_names, find_header

ROWS = "1.5,2,red\n2.5,3,blue\n3.5,1,red\n0.5,4,blue\n"


def rows_of(text):
    return list(csv.reader(text.splitlines()))


@pytest.mark.parametrize(
    ("above", "row"),
    [
        ("a,b,c\n", 0),
        ("\na,b,c\n", 1),
        ("Report\n\na,b,c\n", 2),
        ("Report,,\n,,\na,b,c\n", 2),
        ("Report for A, and B\na,b,c\n", 1),
        ("Account,12\nFrom,1 May\n\na,b,c\n", 3),
        ("# made by x, y, z\n# v 2\na,b,c\n", 2),
        ("// x\n% y\na,b,c\n", 2),
        ("Sizes,,Other\na,b,c\n", 1),
        ("+---+---+\na,b,c\n", 1),
        ("; x, y, z\na,b,c\n", 1),
        ("Sizes,Sizes,Other\na,b,c\n", 1),
    ],
)
def test_lines_above_the_header_are_skipped(above, row):
    header = find_header(rows_of(above + ROWS))

    assert (header.row, header.first, header.names) == (row, row + 1, ["a", "b", "c"])
    assert header.above == [index for index, line in enumerate(above.splitlines()[:-1]) if line.strip(",")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (",b,c\n" + ROWS, ["", "b", "c"]),
        ("a,,c\n" + ROWS, ["a", "", "c"]),
        ("b,c\n1,2,x\n2,3,y\n", ["", "b", "c"]),
        ("b,c\nx,2,x\ny,3,y\n", ["", "b", "c"]),
        ("b,c\nx,2,x\nx,3,y\n", ["b", "c"]),
        ("b,c\n5,2,x\n6,3,y\n", ["b", "c"]),
        ("a,b\n1,2,\n2,3,\n", ["a", "b", ""]),
        ("a,b\n1,2\n2,3,\n", ["a", "b", ""]),
        ("a,b,,\n1,2,,\n2,3,,\n", ["a", "b", "", ""]),
        ("a,b,c\n1\n1,2\n", ["a", "b", "c"]),
        (",b\nx,1\ny,2\n", ["", "b"]),
        ("b\nx,1\ny,2\n", ["b"]),
        ("Report\n\nb,c\nx,1\ny,2\n", ["b", "c"]),
        ("# a,b\n1,x\n2,y\n", ["# a", "b"]),
        ("%,a,b\n1,x\n2,y\n", ["a", "b"]),
        ("#,name,x\n1,u,5\n2,v,7\n", ["#", "name", "x"]),
        ("--,%\n1,5\n2,7\n", ["--", "%"]),
        ("#name,city\n" + "x,u\ny,u\ny,v\nx,v\n" * 3, ["#name", "city"]),
        ("# of A, by B\nname,city\n" + "x,u\ny,u\ny,v\nx,v\n" * 3, ["name", "city"]),
        ("# only comments\n# here\n", ["# only comments"]),
        ("a,b,c,d,e\n", ["a", "b", "c", "d", "e"]),
        ("From,1 May,to,2 May\nday,text,in,out,sum\n" + "1,x,2,,3\n" * 5, ["day", "text", "in", "out", "sum"]),
        ("a,,,d\n1,2,3,4\n1,2,3,5\n", ["a", "", "", "d"]),
    ],
)
def test_columns_have_names_or_none(text, names):
    assert find_header(rows_of(text)).names == names


@pytest.mark.parametrize(
    ("second", "count"),
    [
        ("cm,n,\n", 1),
        ("[cm],,text\n", 1),
        ("cm,,\n", 1),
        ("length in cm,grade,text\n", 1),
        ("a,b,c\n", 1),
        ("a,b,c\ncm,n,\n", 2),
        ("How long?,How many?,Which?\n{x},{y},{z}\n", 2),
        ("---,:-:,---\n", 1),
        ("", 0),
        ("unknown,4,red\n", 0),
        ("unknown,none,red\n", 0),
        ("unknown,missing,red\n", 0),
        ("NA,NA,red\n", 0),
        ("unknown,,\n", 1),
        ("?,5,cm\n", 0),
        ("unknown,unknown,green\n", 0),
    ],
)
def test_further_headers_are_words_above_numbers(second, count):
    header = find_header(rows_of("a,b,c\n" + second + ROWS))

    assert header.second == list(range(1, 1 + count))


@pytest.mark.parametrize(
    ("text", "row"), [("%\n1.5\n2\n3\n", 0), ("#\nred\nblue\ngreen\n", 1), ("#\n# made by\nsize\n1.5\n2\n3\n", 2)]
)
def test_mark_alone_above_numbers_is_their_name(text, row):
    assert find_header(rows_of(text)).row == row


def test_single_row_is_no_evidence_of_a_second_header():
    assert find_header(rows_of("a,b\ncm,kg\n1,2\n")).second == []


HEADERLESS = [
    "1.5,2,red\n" + ROWS,
    ",2,red\n" + ROWS,
    "2024-01-31,2\n2024-02-01,3\n2024-02-02,4\n",
    "x,y\nx,z\nu,y\nx,w\nv,y\nx,z\n",
    "5\n6\n7\n",
    "2019,5\n2020,6\n2021,7\n",
    "1,2,u\n2,7,v\n4,1,u\n",
    '"1,5","2,5"\n"2,5","3,5"\n"4,5","1,5"\n',
    "1,2,5,7\n2,3,5,1\n4,1,1,1\n",
]


@pytest.mark.parametrize("text", HEADERLESS)
def test_first_row_like_all_others_is_asked_about(text):
    with pytest.raises(Unacceptable, match=r"looks like a row of values.*header_row=0.*header_row=1"):
        find_header(rows_of(text))


@pytest.mark.parametrize("text", HEADERLESS)
def test_given_header_row_wins(text):
    rows = rows_of(text)

    without = find_header(rows, -1)

    assert find_header(rows, 0).names == rows[0]
    assert (without.row, without.first) == (-1, 0)
    assert without.names == [f"column_{number}" for number in range(1, len(rows[0]) + 1)]


@pytest.mark.parametrize(
    "text",
    [
        "2019,2020,2021\n5,6,7\n6,7,8\n",
        "country,2019,2020\nx,1,2\ny,2,3\n",
        "country,2019\nx,1\ny,2\n",
        "0,1,2\n5,6,7\n6,7,8\n",
        "0,1\n5,6\n6,7\n",
        "400,402,405,410,420,440\n" + "1,2,3,4,5,6\n" * 3,
        "a,2020-01-01\nx,1\ny,2\n",
        "x,5\n1,2\n2,3\n",
        "x,y\nx,y\nu,v\n",
        "x,y\nx,z\nu,w\n",
    ],
)
def test_years_and_runs_of_numbers_are_names(text):
    assert find_header(rows_of(text)).names == rows_of(text)[0]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["a", "b", "a"], r"Columns 1 \(A\) and 3 \(C\) are both called 'a'; rename one of them, or give"),
        (["x" * 201], r"Column 1 \(A\) has a name of 201 characters; at most 200"),
        ([f"c{number}" for number in range(28)] + ["c26"], r"Columns 27 \(AA\) and 29 \(AC\) are both"),
    ],
)
def test_invalid_names_are_rejected_with_their_columns(names, sentence):
    with pytest.raises(Unacceptable, match=sentence):
        check_header_names(names)


def test_columns_without_names_are_allowed_here():
    check_header_names(["", "a", ""])


@pytest.mark.parametrize(("text", "header_row"), [("\n,,\n", None), ("\n,,\n", -1), ("a,b\n,\n", 1)])
def test_blank_row_has_no_names(text, header_row):
    with pytest.raises(Unacceptable, match="The row of the column names is blank; give another header_row"):
        find_header(rows_of(text), header_row)


@pytest.mark.parametrize("cell", ["1" * 100_000, "9" * 5_000, "2024-01-01 " * 10_000, "(" * 100_000])
def test_long_cells_are_words(cell):
    assert find_header([[cell, "2019"], ["5", cell], [cell, cell]]).row == 0
