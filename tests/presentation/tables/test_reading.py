"""How a file was read, in words."""

import pytest

from mlapp.presentation.tables.reading import (
    choice_text,
    detected_value,
    reading_options,
    reading_summary,
)
from mlapp.schemas import ColumnFormat, DecimalSign, Format, ReadAs


@pytest.mark.parametrize(
    ("read_as", "expected"),
    [
        (ReadAs(format=Format.PARQUET), "Parquet"),
        (
            ReadAs(format=Format.CSV, packed="zip", encoding="utf-16-le", delimiter=";", header_row=3, decimal=","),
            "CSV in zip · semicolon as delimiter · UTF-16 · column names in line 3 · decimal comma",
        ),
        (
            ReadAs(format=Format.WORKBOOK, sheet="Data", header_row=0, decimal=".", date_order="dmy"),
            "Workbook · sheet 'Data' · no column names · decimal point · dates with day first",
        ),
    ],
)
def test_summary_names_what_was_decided(read_as: ReadAs, expected: str):
    assert reading_summary(read_as) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("UTF8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16-le", "UTF-16"),
        ("windows-1252", "Western European (Windows-1252)"),
        ("latin-1", "Western European (Windows-1252)"),
        ("koi8-r", "koi8-r"),
        ("nonsense", "nonsense"),
    ],
)
def test_encodings_have_one_text_for_all_their_names(name: str, text: str):
    assert choice_text("encoding", name) == text


def test_detected_values_are_in_words():
    read_as = ReadAs(format=Format.CSV, header_row=2, delimiter="\t")

    found = [detected_value(read_as, option) for option in ("header_row", "delimiter", "decimal", "sheet")]

    assert found == ["2", "Tab", "", ""]
    assert detected_value(None, "decimal") == ""


def test_decimal_sign_and_date_order_are_those_of_most_columns():
    decimals: list[DecimalSign] = [",", ".", ","]
    columns = [ColumnFormat(decimal=sign) for sign in decimals] + [
        ColumnFormat(dates=code) for code in ("epoch_s", "dmy")
    ]

    found = ReadAs(format=Format.CSV).completed([*columns, None])

    assert (found.decimal, found.date_order) == (",", "dmy")
    assert ReadAs(format=Format.CSV).completed([]).decimal is None


def test_only_options_of_the_format_apply():
    assert "encoding" in reading_options(Format.CSV)
    assert "encoding" not in reading_options(Format.WORKBOOK)
    assert reading_options(Format.PARQUET) == ("decimal", "date_order")
