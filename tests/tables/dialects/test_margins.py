"""What is around the rows and columns of a table, and how it is reported."""

import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.schemas import FileOptions, TrainOptions
from mlapp.tables.dialects import layout
from mlapp.tables.dialects.cells import letter
from mlapp.tables.dialects.margins import find_margins
from mlapp.tables.formats.csv import csv_table

ROWS = "1.5,2,red\n2.5,3,blue\n3.5,1,red\n0.5,4,blue\n"
TEXTS = "x,u\ny,v\nx,w\n"


def left_out(text, **options):
    table = csv_table(text.encode(), FileOptions(**options), training=True)
    assert not table.problems
    return table.read_as.left_out


def problems(text):
    table = csv_table(text.encode())
    assert list(table.lines or ()) == list(range(2, 2 + table.frame.height))
    return table.problems


LINES = [
    ("1,2,x\n\n2,3,y\n,,\n3,4,y\n\n", "Lines 3 and 5 were left out: blank.", {1: "blank", 3: "blank"}),
    (ROWS + '"",  ,""\n1,2,x\n', "Line 6 was left out: blank.", {4: "blank"}),
    (ROWS + ",1,\n,,x\n", "", {}),
    (ROWS + " \n1,2,x\n", "Line 6 was left out: blank.", {4: "blank"}),
    ("\n" * 7 + ROWS, "7 lines (2, 3, 4, 5, 6, …) were left out: blank.", dict.fromkeys(range(7), "blank")),
    ("cm,n,\n" + ROWS, "Line 2 was left out: a second header.", {0: "a second header"}),
    (ROWS + "a,b,c\n" + ROWS, "Line 6 was left out: the header again.", {4: "the header again"}),
    (ROWS + "Total,10,\n", "Line 6 was left out: a total ('Total').", {4: "a total ('Total')"}),
    (ROWS + "Sum:,10,\n", "Line 6 was left out: a total ('Sum:').", {4: "a total ('Sum:')"}),
    (ROWS + ",10,Gesamt\n", "Line 6 was left out: a total ('Gesamt').", {4: "a total ('Gesamt')"}),
    (ROWS + 'Mittelwert,"2,5",\n', "Line 6 was left out: a total ('Mittelwert').", {4: "a total ('Mittelwert')"}),
    (ROWS + "Total,,\n", "Line 6 was left out: a note ('Total').", {4: "a note ('Total')"}),
    (ROWS + "Source: me\n", "Line 6 was left out: a note ('Source: me').", {4: "a note ('Source: me')"}),
    (ROWS + "estimated\n", "Line 6 was left out: a note ('estimated').", {4: "a note ('estimated')"}),
    (ROWS + ",,all of them are red\n", "Line 6 was left out: a note", {4: "a note ('all of them are red')"}),
    (ROWS + "(4 rows)\n", "Line 6 was left out: a note", {4: "a note ('(4 rows)')"}),
    (ROWS + "---,---,---\n", "Line 6 was left out: a note ('---').", {4: "a note ('---')"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence", "found"), LINES)
def test_lines_around_the_rows_are_left_out_and_reported(text, sentence, found):
    assert "".join(left_out("a,b,c\n" + text)[:1]).startswith(sentence)
    assert bool(sentence) == bool(found)


@pytest.mark.parametrize(("text", "sentence", "found"), LINES)
def test_lines_around_the_rows_keep_their_place_in_prediction(text, sentence, found):
    assert problems("a,b,c\n" + text) == {row: f"The line is {what}." for row, what in found.items()}


def test_notes_and_totals_before_blank_lines_are_found():
    text = "a,b,c,d\n1,2,u,x\n2,3,v,x\nTotal,5,,\nSource:,World Bank,,\n" + ",,,\n" * 20 + ",,, \n"

    assert csv_table(text.encode(), training=True).frame.height == 2


@pytest.mark.parametrize("mark", ["#", "//", ";"])
def test_comments_between_rows_are_left_out_if_there_are_some_above_the_header(mark):
    text = f"{mark} v 2\na,b\n1,x\n{mark} new sensor\n2,y\n{mark}3,z\n"

    assert left_out(text)[1:] == ["Line 4 was left out: a comment."]
    assert left_out(text.partition("\n")[2]) == []


def test_text_below_a_blank_line_is_a_note():
    assert left_out("a,b\n" + TEXTS + "\nbest\nregards\n") == [
        "Line 5 was left out: blank.",
        "Line 6 was left out: a note ('best').",
        "Line 7 was left out: a note ('regards').",
    ]


def test_text_in_a_column_of_prose_is_a_row():
    reviews = "review,stars\nI loved it so,\nNot what I had hoped for,2\nQuite good I think,4\n"

    assert problems(reviews + "\nNote that it is used every day\n") == {3: "The line is blank."}


def test_category_of_a_mean_is_no_total():
    assert problems("n,quality\n5,average\n5,low\n5,average\n") == {}
    assert problems("n,quality\n5,low\n5,average\n") == {}


def test_subtotals_are_left_out_with_their_total():
    text = "city,sales\nA,1\nA,2\nSubtotal,3\nB,4\nB,6\nSubtotal,10\nTotal,13\n"

    table = csv_table(text.encode(), training=True)

    assert table.frame["sales"].to_list() == ["1", "2", "4", "6"]
    assert table.read_as.left_out == ["Lines 4, 7 and 8 were left out: a total."]


def test_totals_and_means_of_the_same_rows_are_left_out():
    text = "n,city,sales\n1,x,10\n2,y,30\nTotal,,40\nAverage,,20\n\nSource: tills\n"

    assert csv_table(text.encode(), training=True).frame.rows() == [("1", "x", "10"), ("2", "y", "30")]


@pytest.mark.parametrize(
    ("cells", "total"),
    [
        (["1.000,50", "2.000,25"], "3.000,75"),
        (["1,000.50", "2,000.25"], "3,000.75"),
        (["$1,000.50", "$2,000.25"], "$3,000.75"),
        (["1 000,5", "-2 000,5"], "-1 000,0"),
        (["(10)", "4"], "(6)"),
        (["0.333", "0.333"], "0.67"),
        (["1", ""], "1"),
        (["5%", "15%"], "10%"),
        (["1", "2"], "1.5"),
    ],
)
def test_totals_in_any_notation_are_recognized(cells, total):
    text = "x;city;n\n" + "".join(f"{cell};x{cell};{n}\n" for n, cell in enumerate(cells)) + f"{total};Total;1\n"

    assert left_out(text) == ["Line 4 was left out: a total ('Total')."]


@pytest.mark.parametrize("row", ["Total,11,", "Total,10,5", "Total,,red", "totally,10,"])
def test_row_whose_numbers_are_no_totals_is_kept(row):
    table = csv_table(f"a,b,c\n{ROWS}{row}\n".encode(), training=True)

    assert table.frame.height == 5
    expected = [] if row.startswith("totally") else ["Line 6 is labelled 'Total', but its numbers are neither sums"]
    assert [warning[: len(expected[0])] for warning in table.read_as.warnings] == expected
    assert not csv_table(f"a,b,c\n{ROWS}{row}\n".encode()).read_as.warnings


@pytest.mark.parametrize("last", ["w,1", "w", "5,5,red"])
def test_ordinary_last_row_is_kept(last):
    assert left_out("a,b,c\nx,1,u\ny,2,v\nz,3,w\n" + last + "\n") == []


def test_total_of_a_column_without_numbers_is_none():
    assert left_out("a,b\nx,\ny,\nTotal,5\n") == []


INDEXES = [
    ",a,b\n0,1,x\n1,2,y\n",
    ",a,b\n7,1,x\n3,2,y\n",
    '"","a","b"\n"r 1",1,x\n"r 2",2,y\n',
    '"a","b"\n"1",1,x\n"2",2,y\n',
    "Unnamed: 0,a,b\n1,1,x\n0,2,y\n",
    "Unnamed: 0,a,b\n1,1,x\n0,2,y\nTotal,3,\n",
]


@pytest.mark.parametrize("chosen", [{"features": ["Unnamed: 0"]}, {"target": "Unnamed: 0"}])
def test_index_column_that_the_options_ask_for_is_kept(chosen):
    table = csv_table(b"Unnamed: 0,a,b\n1,1,x\n0,2,y\n", TrainOptions(**{"target": "b"} | chosen), training=True)

    assert (table.frame.columns, table.read_as.left_out) == (["Unnamed: 0", "a", "b"], [])


@pytest.mark.parametrize("text", INDEXES)
def test_index_column_is_left_out_in_training_only(text):
    table = csv_table(text.encode(), training=True)

    assert table.frame.columns == ["a", "b"]
    name = ", 'Unnamed: 0'," if text.startswith("Unnamed") else ""
    assert table.read_as.left_out[-1] == f"Column 1 (A){name} was left out: it only numbers or names the rows."
    assert csv_table(text.encode()).frame.width == 3


def test_only_column_is_no_index():
    assert csv_table(b"Unnamed: 0\n1\n2\n", training=True).frame.width == 1


def test_typed_columns_have_totals_and_blank_rows():
    frame = pl.DataFrame({"0": [1.5, None, 2.5, 4.0], "1": ["x", None, "y", "Total"]})

    assert find_margins(frame, ["a", "b"]).rows == {1: "blank", 3: "a total ('Total')"}


def test_columns_of_repeated_indexes_are_left_out():
    text = "Unnamed: 0.1,Unnamed: 0,a\n0,5,1\n1,3,2\n"

    assert csv_table(text.encode(), training=True).frame.columns == ["a"]


@pytest.mark.parametrize("text", ["Unnamed: 0,a\n1,1\n1,2\n", "Unnamed: 0,a\nx,1\ny,2\n", "a,Unnamed: 0\n1,1\n2,2\n"])
def test_named_column_that_is_no_index_is_kept(text):
    assert csv_table(text.encode(), training=True).frame.width == 2


def test_unnamed_first_column_is_kept_for_prediction_even_if_it_repeats():
    assert csv_table(b",a\n0,1\n0,2\n").frame.columns == ["", "a"]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b,,\n1,x,,\n2,y, ,\n", "Columns 3 (C) and 4 (D) were left out: they have neither names nor values."),
        ("a,,b\n1,,x\n2,,y\n", "Column 2 (B) was left out: it has neither a name nor values."),
        ("a, ,b\n1,,x\n2,,y\n", "Column 2 (B) was left out: it has neither a name nor values."),
        ("a,b\n1,x,\n2,y,\n", "Column 3 (C) was left out: it has neither a name nor values."),
        ("a,b\n1,x\n2,y,,\n", "Columns 3 (C) and 4 (D) were left out: they have neither names nor values."),
        (
            "a,b,,,,,,\n1,x,,,,,,\n2,y,,,,,,\n",
            "Columns 3 (C), 4 (D), 5 (E), 6 (F), 7 (G), … were left out: they have neither names nor values.",
        ),
    ],
)
def test_blank_columns_are_left_out(training, text, sentence):
    table = csv_table(text.encode(), training=training)

    assert table.frame.rows() == [("1", "x"), ("2", "y")]
    assert table.read_as.left_out == [sentence]


@pytest.mark.parametrize(
    ("text", "training", "place"),
    [("a,,b\n1,5,x\n2,,y\n", False, r"2 \(B\) has values, such as '5'"), (",a\n1,x\n1,y\n", True, r"1 \(A\)")],
)
def test_column_with_values_but_no_name_is_rejected(text, training, place):
    with pytest.raises(Unacceptable, match=f"Column {place}.* but no name; give it one, or delete it"):
        csv_table(text.encode(), training=training)


@pytest.mark.parametrize("training", [True, False])
def test_too_many_blank_lines_are_rejected(monkeypatch, training):
    monkeypatch.setattr(layout, "MAX_LEFT_OUT", 100)

    with pytest.raises(Unacceptable, match="Over 100 lines of the file are blank or repeat the header"):
        csv_table(b"a,b\n1,2\n" + b"\n" * 101 + b"3,4\n", training=training)


def test_lines_above_the_header_are_reported_in_prediction_too():
    table = csv_table(b"Report\n\n# v 2\na,b\n1,x\n2,y\n")

    assert table.read_as.left_out == ["Lines 1 and 3 above the header were left out: 'Report', '# v 2'."]
    assert (table.read_as.header_row, list(table.lines or ())) == (4, [5, 6])


@pytest.mark.parametrize(("training", "lines"), [(True, [2, 4, 8]), (False, [2, 4, 7, 8])])
def test_rows_know_their_lines(training, lines):
    table = csv_table(b'a,b\n"x\ny",1\n"u\n\nv",2\n\nz,"3\n"\n', training=training)

    assert table.lines is not None
    assert (list(table.lines), table.lines[1:], table.lines[-1]) == (lines, lines[1:], lines[-1])


@pytest.mark.parametrize(("index", "text"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (701, "ZZ"), (702, "AAA")])
def test_letters_are_those_of_spreadsheets(index, text):
    assert letter(index) == text
