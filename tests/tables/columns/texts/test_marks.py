"""Marks of missing values and odd words."""

import polars as pl
import pytest

from mlapp.schemas import ColumnFormat, ColumnType, FileOptions
from mlapp.tables.columns.evidence import find_conventions
from mlapp.tables.columns.inference import convert_column, infer_column

MARKS = [
    *("NA", "N/A", "n/a", "#N/A", "NULL", "null", "None", "none", "nan", "NaN", "NaT", "-", "--", ".", "?", "#DIV/0!"),
    *("inf", "-inf"),
]
FILE = find_conventions([], FileOptions())


def conventions(**options):
    return find_conventions([], FileOptions(**options))


@pytest.mark.parametrize("mark", [*MARKS, " NA ", "-\u00a0", "  "])
@pytest.mark.parametrize(
    ("present", "kind"),
    [
        (["1.5", "2"], ColumnType.NUMBER),
        (["$1,234.50", "$2"], ColumnType.NUMBER),
        (["2024-01-31", "2024-02-01"], ColumnType.DATETIME),
        (["31.01.2024", "01.02.2024"], ColumnType.DATETIME),
        (["true", "false"], ColumnType.BOOLEAN),
        (["yes", "no"], ColumnType.BOOLEAN),
    ],
)
def test_mark_in_a_column_of_another_type_is_missing(mark, present, kind):
    raw = pl.Series("x", [present[0], mark, present[1], ""])

    found = infer_column(raw)
    again = convert_column(raw, kind, found.read_as, FILE)

    assert (found.type, found.values.is_null().to_list()) == (kind, [False, True, False, True])
    assert (found.read_as or ColumnFormat()).missing == ([mark.strip()] if mark.strip() else None)
    assert again.values.to_list() == found.values.to_list()
    assert not again.invalid.any()
    assert not again.odd.any()


@pytest.mark.parametrize(
    ("mark", "is_missing"),
    [(mark, mark in ("NA", "N/A", "n/a", "#N/A", "NULL", "?")) for mark in MARKS] + [(" NA", True), ("? ", True)],
)
def test_few_marks_are_missing_in_text_with_a_warning(mark, is_missing):
    raw = pl.Series("x", ["north", mark, "south", "  ", ""])

    found = infer_column(raw)

    assert found.values.to_list() == ["north", None if is_missing else mark, "south", None, None]
    assert convert_column(raw, ColumnType.CATEGORY, found.read_as).values.to_list() == found.values.to_list()
    warning = f"'{mark.strip()}' in column 'x' counts as missing; send keep_values if it is a value."
    assert found.warnings == [warning] * is_missing


def test_warning_lists_all_marks_of_a_text_column():
    found = infer_column(pl.Series("x", ["a", "NA", "?", "b"]))

    assert found.warnings == ["'?', 'NA' in column 'x' count as missing; send keep_values if they are values."]


@pytest.mark.parametrize(
    ("texts", "option", "values", "read_as"),
    [
        (["NA", "DE", "?"], {"keep_values": ["NA"]}, ["NA", "DE", None], ColumnFormat(missing=["?"], kept=["NA"])),
        (["none", "DE"], {"na_values": ["none"]}, [None, "DE"], ColumnFormat(missing=["none"])),
        (["1", "-999", "2"], {"na_values": ["-999"]}, [1, None, 2], ColumnFormat(missing=["-999"])),
        (["1", "-999.0", "-"], {"na_values": ["-999"]}, [1, None, None], ColumnFormat(missing=["-", "-999"])),
        (["1", "k. A.", "2"], {"na_values": ["k. A.", "7"]}, [1, None, 2], ColumnFormat(missing=["k. A."])),
        (["1", "NA"] * 9, {"keep_values": ["NA"]}, ["1", "NA"] * 9, ColumnFormat(kept=["NA"])),
        (["a", "b"], {"keep_values": ["NA"]}, ["a", "b"], None),
    ],
)
def test_options_add_marks_and_take_some_away(texts, option, values, read_as):
    raw = pl.Series("x", texts)

    found = infer_column(raw, conventions(**option))

    assert (found.values.to_list(), found.read_as) == (values, read_as)
    assert convert_column(raw, found.type, found.read_as, FILE).values.to_list() == values


@pytest.mark.parametrize("raw", [pl.Series([1, -999]), pl.Series([1.0, -999.0])])
def test_numbers_that_mark_missing_values_are_missing_in_typed_columns(raw):
    found = infer_column(raw, conventions(na_values=["-999", "x"]))

    assert (found.values.to_list(), found.read_as) == ([1, None], ColumnFormat(missing=["-999"]))
    assert convert_column(raw, found.type, found.read_as).values.to_list() == [1, None]


def test_columns_of_any_name_have_numbers_that_mark_missing_values():
    found = infer_column(pl.Series("^x$", [1, 2, -999]), conventions(na_values=["-999"]))

    assert (found.values.name, found.values.to_list()) == ("^x$", [1, 2, None])


def test_numbers_that_mark_missing_values_are_missing_in_typed_categories():
    found = infer_column(pl.Series([10115.0, -999.0]), conventions(na_values=["-999"]), ColumnType.CATEGORY)

    assert (found.values.to_list(), found.read_as) == (["10115", None], ColumnFormat(missing=["-999"]))


@pytest.mark.parametrize("present", ["1.5", "€ 1.234,50", "2024-01-31", "31.12.2024", "10:30"])
def test_few_words_in_a_column_of_numbers_or_dates_are_missing_with_a_warning(present):
    raw = pl.Series("x", [present] * 98 + ["unknown", "n. v."])

    found = infer_column(raw)
    again = convert_column(raw, found.type, found.read_as, FILE)

    assert found.type is not ColumnType.CATEGORY
    assert found.values.is_null().to_list() == again.odd.to_list() == [False] * 98 + [True] * 2
    assert found.read_as is not None
    assert found.read_as.odd == ["n. v.", "unknown"]
    assert "2 words in column 'x' count as missing ('n. v.', 'unknown')" in found.warnings[-1]


def test_single_word_in_a_column_of_numbers_has_a_warning():
    (warning,) = infer_column(pl.Series("x", ["1"] * 50 + ["free"])).warnings

    assert warning.startswith("A word in column 'x' counts as missing ('free')")


@pytest.mark.parametrize("others", [["unknown"] * 3, ["A12"], ["00123"], [">100"], ["1.2.3"]])
@pytest.mark.parametrize("present", ["1.5", "2024-01-31"])
def test_more_words_and_other_texts_leave_a_category_and_are_named(present, others):
    found = infer_column(pl.Series("x", [present] * 97 + others))

    what = "number" if present == "1.5" else "date"
    is_not = f"is not a {what}" if len(others) == 1 else f"are not {what}s"
    assert found.type is ColumnType.CATEGORY
    (warning,) = found.warnings
    assert f"{len(others)} of its {97 + len(others)} values {is_not} ('{others[0]}')" in warning


@pytest.mark.parametrize("others", [["A1"] * 15, ["12 monkeys"] * 15])
def test_text_column_with_many_numbers_is_not_explained(others):
    found = infer_column(pl.Series("x", ["1.5 €"] * 85 + others))

    assert (found.type, found.warnings) == (ColumnType.CATEGORY, [])


@pytest.mark.parametrize("conventions", [FILE, find_conventions([], FileOptions(), is_file=False)])
def test_unknown_words_are_odd_in_files_and_invalid_in_json(conventions):
    raw = pl.Series(["1", "unknown", "free", "7x"])

    found = convert_column(raw, ColumnType.NUMBER, ColumnFormat(odd=["free"]), conventions)

    assert found.values.to_list() == [1, None, None, None]
    assert found.odd.to_list() == [False, conventions.is_file, True, False]
    assert found.invalid.to_list() == [False, not conventions.is_file, False, True]


@pytest.mark.parametrize("texts", [["unknown"] * 600 + ["1"] * 400, ["12 a", "13 b c 4"] * 400, ["a1"] * 700])
def test_long_text_columns_are_categories_as_they_are_spelled(texts):
    found = infer_column(pl.Series("x", texts))

    assert (found.type, found.read_as, found.warnings) == (ColumnType.CATEGORY, None, [])
    assert found.values.to_list() == texts


@pytest.mark.parametrize("texts", [["-", "--"], ["?", "", "NA"], ["", None], []])
def test_columns_of_marks_alone_are_text(texts):
    found = infer_column(pl.Series("x", texts, dtype=pl.String))

    assert found.type is ColumnType.CATEGORY
    assert found.values.drop_nulls().to_list() == [text for text in texts if text in ("-", "--")]


def test_few_words_among_numbers_are_found_wherever_they_are():
    texts = ["unknown"] * 20 + [str(number) for number in range(2_000)]

    found = infer_column(pl.Series("x", texts))

    assert (found.type, found.values.null_count()) == (ColumnType.INTEGER, 20)
