"""Numbers as people write them: training columns, and the same texts at prediction."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlapp.schemas import ColumnFormat, ColumnType, FileOptions
from mlapp.tables.columns.conventions import PLAIN
from mlapp.tables.columns.evidence import find_conventions
from mlapp.tables.columns.inference import convert_column, infer_column

NUMBERS = (ColumnType.NUMBER, ColumnType.INTEGER)


def inferred(texts, delimiter=None, **options):
    raw = pl.Series("^x$", texts)
    return infer_column(raw, find_conventions([raw], FileOptions(**options), delimiter))


FORMATS = [
    (["1.234,56", "12"], [1234.56, 12], {"decimal": ",", "thousands": "."}),
    (["1 234,5", "3"], [1234.5, 3], {"decimal": ",", "thousands": " "}),
    (["1\u202f234,5", "1\u00a0000"], [1234.5, 1000], {"decimal": ",", "thousands": " "}),
    (["1'234.5", "1’000"], [1234.5, 1000], {"decimal": ".", "thousands": "'"}),
    (["12,34,567", "1,234"], [1_234_567, 1234], {"thousands": ","}),
    (["1,234,567", "3"], [1_234_567, 3], {"thousands": ","}),
    (["1,5E+03", "2,5"], [1500, 2.5], {"decimal": ","}),
    ([",5", "-1,25"], [0.5, -1.25], {"decimal": ","}),
    (["€ 1.234,50", "€ 3"], [1234.5, 3], {"decimal": ",", "thousands": ".", "unit": "€"}),
    (["1,234.5 USD", "$5", "0", "7"], [1234.5, 5, 0, 7], {"decimal": ".", "thousands": ",", "unit": "$"}),
    (["-$5", "$-5", "$7.5", "- $1"], [-5, -5, 7.5, -1], {"decimal": ".", "unit": "$"}),
    (["($1,234.50)", "$(3)"], [-1234.5, -3], {"decimal": ".", "thousands": ",", "unit": "$"}),
    (["CHF 1'000.-", "CHF 5.50", "CHF 7.--"], [1000, 5.5, 7], {"decimal": ".", "thousands": "'", "unit": "CHF"}),
    (["$.50", "$1.25"], [0.5, 1.25], {"decimal": ".", "unit": "$"}),
    (["Rs. 500", "Rs.20", "₹ 2.5"], [500, 20, 2.5], {"decimal": ".", "unit": "₹"}),
    (["24.7%", "3 %", "0"], [0.247, 0.03, 0], {"decimal": ".", "unit": "%"}),
    (["Rs. 1,500.5/-", "Rs. 20/-"], [1500.5, 20], {"decimal": ".", "thousands": ",", "unit": "₹"}),
    (["1.000,- €", "7,50 €"], [1000, 7.5], {"decimal": ",", "thousands": ".", "unit": "€"}),
    (["5 percent", "3 pct"], [0.05, 0.03], {"unit": "%"}),
    (["24,7 %", "-0,3%"], [0.247, -0.003], {"decimal": ",", "unit": "%"}),
    (["(20.1)", "5", "-3"], [-20.1, 5, -3], {"decimal": "."}),
    (["−5", "–3", "+4"], [-5, -3, 4], {}),
    (["1.234,50-", "3,00"], [-1234.5, 3], {"decimal": ",", "thousands": "."}),
    (["16GB", "512MB", "8 gb"], [16, 0.512, 8], {"unit": "GB"}),
    (["3.04 kg", "500 g", "1 kg"], [3.04, 0.5, 1], {"decimal": ".", "unit": "kg"}),
    (["90 min", "1 h", "30 min"], [90, 60, 30], {"unit": "min"}),
    (["1 in", "1 ft", "2 in"], [1, 12, 2], {"unit": "in"}),
    (["20°C", "-5 °C"], [20, -5], {"unit": "°C"}),
    (["6.5 l/100km", "7 l/100 km"], [6.5, 7], {"decimal": ".", "unit": "l/100km"}),
    (["100 m²", "85 m2"], [100, 85], {"unit": "m²"}),
    (["30.4M", "512k", "1.2M"], [30.4, 0.512, 1.2], {"decimal": ".", "unit": "M"}),
    (["1.2k", "950", "30"], [1200, 950, 30], {"decimal": "."}),
    (["5m", "3bn", "7m"], [5, 3000, 7], {"unit": "M"}),
    (["$1.2M", "$950k", "3.4M $"], [1.2, 0.95, 3.4], {"decimal": ".", "unit": "M $"}),
    (["1,5 Mio. €", "2,5 Mio. €"], [1.5, 2.5], {"decimal": ",", "unit": "M €"}),
    (["5M€", "3k€", "2M€"], [5, 0.003, 2], {"unit": "M €"}),
    (["500+", "1K+", "10K+"], [0.5, 1, 10], {"unit": "k+"}),
    (['5"', "6″"], [5, 6], {"unit": "in"}),
    (["10,000,000+", "500+", "0"], [10_000_000, 500, 0], {"thousands": ",", "unit": "+"}),
]


@pytest.mark.parametrize(("texts", "values", "read_as"), FORMATS)
def test_column_in_one_format_is_read_as_numbers(texts, values, read_as):
    found = inferred(texts)

    assert found.type in NUMBERS
    assert found.values.to_list() == values
    assert found.read_as == (ColumnFormat(**read_as) if read_as else None)
    assert found.warnings == []


@pytest.mark.parametrize(("texts", "values", "read_as"), FORMATS)
def test_texts_at_prediction_are_read_as_in_training_together_and_alone(texts, values, read_as):
    raw, form = pl.Series(texts), ColumnFormat(**read_as)
    file = find_conventions([raw], FileOptions())

    assert convert_column(raw, ColumnType.NUMBER, form, file).values.to_list() == values
    for text, value in zip(texts, values, strict=True):
        alone = convert_column(pl.Series([text]), ColumnType.NUMBER, form)
        assert (alone.values[0], alone.invalid[0]) == (value, False)


@pytest.mark.parametrize(
    "texts",
    [
        [">100", "<5"],
        ["~5", "~6"],
        ["V8", "V6"],
        ["2XL", "3XL"],
        ["5G", "4G"],
        ["1.2.3", "2.0.1"],
        ["00123", "12345"],
        ["007,5", "1,5"],
        ["10-20", "20-30"],
        ["18-", "65-"],
        ["5/-", "6/-"],
        ["+49 171 234 567", "+49 171 234 568"],
        ["5 star", "3 star"],
        ["1_000", "5"],
        ["٣", "٤"],
        ["3/4", "1/2"],
        ["12%", "0.5"],
        ["1.23,45", "1,5"],
        ["(5", "6)"],
        ["-(5)", "(6)"],
        ["1e5 kg", "2 kg"],
        ["5.5-kg", "3.5-kg"],
        ["$ 5 kg", "$ 3 kg"],
        ["5 x€", "3 x€"],
    ],
)
def test_other_texts_with_digits_are_categories(texts):
    found = inferred(texts)

    assert (found.type, found.values.to_list()) == (ColumnType.CATEGORY, texts)


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["1.5", "1,5"], "some of its numbers have decimal commas, others decimal points ('1,5', '1.5')"),
        (["1,234", "1.234"], "some of its numbers have commas, others points, and both may separate thousands"),
        (["1,234.5", "1'234.5"], "its numbers have different thousands separators"),
        (["1,23,456", "123,456"], "its numbers are grouped in different ways"),
        (["$5", "€5"], "its numbers have different units"),
        (["5 kg", "3 km"], "its numbers have different units"),
        (["192.168.100.101", "192.168.100.102"], "its values look like IP addresses"),
        (["612 345 678", "655 345 678"], "its values look like telephone numbers"),
        (["9007199254740993"] + ["5"] * 9, "some of its whole numbers are too large to be exact, beyond ±2⁵³"),
        (["00123"] + ["5"] * 9, "1 of its 10 values is not a number ('00123')"),
        (["7x"] + ["5"] * 9, "1 of its 10 values is not a number ('7x')"),
        (["5 kg"] * 9 + ["5"], "1 of its 10 numbers has no unit ('5'), unlike those with 'kg'"),
        (["10,5%", "7"] * 9, "9 of its 18 numbers have no unit ('7'), unlike those with '%'"),
        (["9007199254740993"] * 9, "some of its whole numbers are too large to be exact, beyond ±2⁵³"),
    ],
)
def test_columns_that_are_almost_numbers_say_what_stands_in_the_way(texts, reason):
    found = inferred(texts)

    (warning,) = found.warnings
    assert found.type is ColumnType.CATEGORY
    assert warning.startswith("Column '^x$' is treated as categories because " + reason)


def test_numbers_that_contradict_the_decimal_sign_of_the_options_are_named():
    (warning,) = inferred(["1,5", "1.5"] * 5, decimal=",").warnings

    assert "5 of its 10 values are not numbers ('1.5')" in warning


@pytest.mark.parametrize(
    ("texts", "delimiter", "values", "warning"),
    [
        (["1,234", "5,678"], ",", [1234, 5678], "',' as the thousands separator; send decimal=, if"),
        (["1,234", "5,678"], ";", [1.234, 5.678], "',' as the decimal comma; send decimal=. if"),
        (["1.234", "5.678", "3"], ",", [1.234, 5.678, 3], "'.' as the decimal point; send decimal=, if"),
        (["1.000", "2.000"], ";", [1, 2], "'.' as the decimal point; send decimal=, if"),
    ],
)
def test_ambiguous_column_is_read_by_default_with_a_warning(texts, delimiter, values, warning):
    found = inferred(texts, delimiter)

    assert found.values.to_list() == values
    assert warning in found.warnings[0]


@pytest.mark.parametrize(
    ("decimal", "texts", "values"),
    [
        (",", ["1,234", "5,678"], [1.234, 5.678]),
        (".", ["1,234", "5,678"], [1234, 5678]),
        (",", ["1.234", "5.678"], [1234, 5678]),
        (".", ["1.234", "5.678"], [1.234, 5.678]),
    ],
)
def test_option_decimal_decides_without_a_warning(decimal, texts, values):
    found = inferred(texts, decimal=decimal)

    assert (found.values.to_list(), found.warnings) == (values, [])


@pytest.mark.parametrize(("decimal", "texts"), [(",", ["1.5", "2.25"]), (".", ["1,5", "2,25"])])
def test_numbers_that_contradict_the_option_decimal_are_bad(decimal, texts):
    raw, given = pl.Series(texts), find_conventions([], FileOptions(decimal=decimal))

    assert infer_column(raw, given).type is ColumnType.CATEGORY
    assert convert_column(raw, ColumnType.NUMBER, None, given).invalid.all()


@pytest.mark.parametrize(
    ("texts", "read_as", "values"),
    [
        (["1.234", "0,5"], ColumnFormat(decimal="."), [1234, 0.5]),
        (["1,234", "0.5"], ColumnFormat(decimal=","), [1234, 0.5]),
        (["1.234", "5"], ColumnFormat(decimal=","), [1234, 5]),
        (["1.234", "5"], ColumnFormat(thousands="."), [1234, 5]),
        (["1,234", "5"], ColumnFormat(thousands=","), [1234, 5]),
        (["1.234", "5"], None, [1.234, 5]),
        (["1,234", "5"], None, [1234, 5]),
        (["0,5", "0.5"], ColumnFormat(decimal=","), [0.5, None]),
        (["0,5", "0.5", "0.25"], ColumnFormat(decimal=","), [None, 0.5, 0.25]),
        (["950", "1.2k"], ColumnFormat(unit="M"), [0.00095, 0.0012]),
        (["950", "3"], ColumnFormat(unit="k"), [950, 3]),
        (["$5", "3 km"], None, [5, None]),
        (["5 kg", "500 g", "2", "3 km"], ColumnFormat(unit="kg"), [5, 0.5, 2, None]),
        (["5%", "0.5"], ColumnFormat(unit="%"), [0.05, 0.5]),
        (["€5", "$3"], ColumnFormat(unit="€"), [5, None]),
        (["500+", "3"], None, [500, 3]),
        (["5 m", "100 cm"], ColumnFormat(unit="m"), [5, 1]),
    ],
)
def test_file_is_read_by_its_own_evidence_then_as_the_training_table(texts, read_as, values):
    raw = pl.Series(texts)

    found = convert_column(raw, ColumnType.NUMBER, read_as, find_conventions([raw], FileOptions()))

    assert (found.values.to_list(), found.invalid.to_list()) == (values, [value is None for value in values])


def test_other_columns_decide_about_ambiguous_numbers():
    columns = [pl.Series("a", ["2.895", "302"]), pl.Series("b", ["6,2", "5"])]
    conventions = find_conventions(columns, FileOptions(), ";")

    trained = infer_column(columns[0], conventions)
    predicted = convert_column(columns[0], ColumnType.INTEGER, None, conventions)

    assert trained.values.to_list() == predicted.values.to_list() == [2895, 302]
    assert "'.' as the thousands separator" in trained.warnings[0]


def test_decimal_sign_unlike_other_columns_has_a_warning():
    columns = [pl.Series("a", ["2.5", "3"]), pl.Series("c", ["1,5", "3"])]

    found = infer_column(columns[1], find_conventions(columns[:1], FileOptions()))

    assert found.values.to_list() == [1.5, 3]
    assert found.warnings == ["Column 'c' has decimal commas, unlike other columns."]


@pytest.mark.parametrize(
    ("text", "read_as", "value"),
    [
        ("1.234,5", ColumnFormat(decimal=","), 1234.5),
        ("1234.5", ColumnFormat(decimal=","), 1234.5),
        ("1.234", ColumnFormat(decimal=","), 1234),
        ("1,234", None, 1234),
        ("1,5", None, None),
        ("$1,234", ColumnFormat(thousands=",", unit="$"), 1234),
        ("950", ColumnFormat(unit="k"), 950),
        ("1e39", None, None),
        ("9007199254740993", ColumnFormat(decimal=","), None),
    ],
)
def test_text_in_json_is_read_as_the_training_table_else_as_plain(text, read_as, value):
    found = convert_column(pl.Series([text]), ColumnType.NUMBER, read_as)

    assert (found.values[0], found.invalid[0]) == (value, value is None)


@st.composite
def written(draw):
    """A format, and numbers with their texts in it."""
    decimal, thousands = draw(
        st.sampled_from([(",", "."), (",", " "), (",", "\u202f"), (".", ","), (".", "'"), (".", "")])
    )
    prefix, suffix = draw(st.sampled_from([("", ""), ("€ ", ""), ("", " kg"), ("$", ""), ("", " %"), ("", "M")]))
    places = draw(st.integers(1, 6).filter(lambda places: places != 3))
    numbers = draw(st.lists(st.integers(-(10**12), 10**12).map(lambda n: Decimal(n).scaleb(-places)), min_size=1))
    texts = []
    for number in numbers:
        whole = f"{abs(number):,.{places}f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands)
        texts.append(f"{'-' if number < 0 else ''}{prefix}{whole}{suffix}")
    return [float(number / 100 if suffix == " %" else number) for number in numbers], texts


@settings(deadline=None, derandomize=True, database=None)
@given(written())
def test_numbers_written_in_any_format_are_read_exactly(example):
    numbers, texts = example

    found = inferred(texts)

    assert found.type in NUMBERS
    assert found.values.to_list() == [number + 0.0 for number in numbers]
    read_back = convert_column(pl.Series(texts), ColumnType.NUMBER, found.read_as, PLAIN)
    assert read_back.values.to_list() == found.values.to_list()


@pytest.mark.parametrize(
    ("texts", "trained", "values"),
    [
        (["5.721", "2.253", "0.744", "1,5", "2,5"], ".", [5.721, 2.253, 0.744, None, None]),
        (["5.721", "2.253", "0.744", "1,5", "2,5"], None, [5.721, 2.253, 0.744, None, None]),
        (["5,721", "2,253", "0,744", "1.5", "2.5"], ",", [5.721, 2.253, 0.744, None, None]),
        (["5.721", "2.253", "0.744", "1,5", "2,5"], ",", [5721, 2253, None, 1.5, 2.5]),
    ],
)
def test_column_that_contradicts_itself_is_read_as_in_training_if_most_of_it_fits(texts, trained, values):
    raw = pl.Series(texts)

    found = convert_column(
        raw, ColumnType.NUMBER, ColumnFormat(decimal=trained), find_conventions([raw], FileOptions())
    )

    assert found.values.to_list() == values
    assert found.invalid.to_list() == [value is None for value in values]
