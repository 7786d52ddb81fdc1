"""Types that the options ask for, and columns of dates and times."""

from time import process_time

import polars as pl
import pytest

from mlapp.errors import Unacceptable
from mlapp.schemas import ColumnFormat, ColumnType, FileOptions
from mlapp.tables.columns.evidence import find_conventions
from mlapp.tables.columns.inference import convert_column, infer_column

BOOLEAN, NUMBER, INTEGER = ColumnType.BOOLEAN, ColumnType.NUMBER, ColumnType.INTEGER
DATETIME, CATEGORY = ColumnType.DATETIME, ColumnType.CATEGORY
FILE = find_conventions([], FileOptions())


@pytest.mark.parametrize(
    ("values", "kind", "converted", "read_as"),
    [
        (["01067", "10115", "NA"], CATEGORY, ["01067", "10115", None], ColumnFormat(missing=["NA"])),
        (["1.0", "2"], CATEGORY, ["1.0", "2"], None),
        ([1067, 10115], CATEGORY, ["1067", "10115"], None),
        ([1067.0, None, 1.5], CATEGORY, ["1067", None, "1.5"], None),
        ([True, False], CATEGORY, ["true", "false"], None),
        (["1", "2"], NUMBER, [1, 2], None),
        (["1", "2"], INTEGER, [1, 2], None),
        (["1,5 €", "-"], NUMBER, [1.5, None], ColumnFormat(decimal=",", unit="€", missing=["-"])),
        (["10:30", "1:15"], NUMBER, [37_800, 4_500], ColumnFormat(dates="duration")),
        ([1, 2], NUMBER, [1, 2], None),
        ([1.0, None], INTEGER, [1, None], None),
        (["yes", "no"], BOOLEAN, [True, False], ColumnFormat(words={"yes": True, "no": False})),
        (["1", "0", ""], BOOLEAN, [True, False, None], ColumnFormat(words={"1": True, "0": False})),
        (["true", "false"], BOOLEAN, [True, False], None),
        ([1, 0, None], BOOLEAN, [True, False, None], ColumnFormat(words={"1": True, "0": False})),
        ([1.0, 0.0], BOOLEAN, [True, False], ColumnFormat(words={"1": True, "0": False})),
        ([True], BOOLEAN, [True], None),
    ],
)
def test_types_overrule_what_a_column_looks_like(values, kind, converted, read_as):
    raw = pl.Series("^x$", values)

    found = infer_column(raw, kind=kind)

    assert (found.type, found.read_as) == (kind, read_as)
    assert found.values.to_list() == converted
    assert convert_column(raw, kind, read_as, FILE).values.to_list() == converted


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (["31.01.2024", "NA"], "2024-01-31"),
        (["1706659200"], "2024-01-31"),
        ([1706659200], "2024-01-31"),
    ],
)
def test_type_datetime_is_read_in_any_format(values, text):
    found = infer_column(pl.Series("time", values), kind=DATETIME)

    assert found.type is DATETIME
    assert str(found.values[0].date()) == text


@pytest.mark.parametrize(
    ("values", "kind", "rows"),
    [
        (["1", "x", "00123"], NUMBER, [1, 2]),
        (["1", "1.5"], INTEGER, [1]),
        ([1.5, 2.0], INTEGER, [0]),
        ([True, False], NUMBER, [0, 1]),
        (["yes", "maybe"], BOOLEAN, [1]),
        ([0, 2], BOOLEAN, [1]),
        (["31.01.2024", "x"], DATETIME, [1]),
        (["10:30", "11:00"], DATETIME, [0, 1]),
        (["5", "6"], DATETIME, [0, 1]),
        ([5, 6], DATETIME, [0, 1]),
    ],
)
def test_values_of_another_type_than_the_options_ask_for_are_named(values, kind, rows):
    with pytest.raises(Unacceptable, match=r"Column '.x.' cannot be read as .*, as 'types' asks for") as rejected:
        infer_column(pl.Series("^x$", values), kind=kind)

    assert [error["pointer"] for error in rejected.value.errors] == [f"/records/{row}/^x$" for row in rows]


def test_column_in_two_formats_is_rejected_as_the_options_ask_for_numbers():
    with pytest.raises(
        Unacceptable, match="some of its numbers have decimal commas, others decimal points"
    ) as rejected:
        infer_column(pl.Series("x", ["1.5", "1,5"]), kind=NUMBER)

    assert rejected.value.errors[0]["pointer"] == "/types/x"


def test_number_beyond_the_bound_is_rejected_beside_marks():
    with pytest.raises(Unacceptable, match="Row 20 of column 'x' is beyond ±1e38"):
        infer_column(pl.Series("x", ["-"] * 10 + ["1"] * 10 + ["1e39"]))


@pytest.mark.parametrize(
    ("name", "values", "dates"),
    [
        ("created", ["1706659200", "1706745600"], "epoch_s"),
        ("created", [1706659200, 1706745600], "epoch_s"),
        ("created", [1706659200.0, None], "epoch_s"),
        ("created", ["1706659200", "NA"], "epoch_s"),
    ],
)
def test_unix_times_are_dates_if_the_name_says_so(name, values, dates):
    raw = pl.Series(name, values)

    found = infer_column(raw)
    again = convert_column(raw, DATETIME, found.read_as)

    assert (found.type, found.read_as and found.read_as.dates) == (DATETIME, dates)
    assert again.values.equals(found.values)
    assert not again.invalid.any()
    assert infer_column(raw.alias("amount")).type is INTEGER


def test_epochs_out_of_range_are_invalid():
    assert convert_column(pl.Series([-1e30]), DATETIME, ColumnFormat(dates="epoch_s")).invalid.all()


@pytest.mark.parametrize(
    ("texts", "dates", "seconds"),
    [(["10:30", "1:15"], "duration", [37_800, 4_500]), (["4:15", "1:30.25"], "duration_mm_ss", [255, 90.25])],
)
def test_times_are_numbers_of_seconds(texts, dates, seconds):
    found = infer_column(pl.Series(texts))

    assert (found.values.to_list(), found.read_as) == (seconds, ColumnFormat(dates=dates))
    again = convert_column(pl.Series([*texts, "7.5"]), NUMBER, found.read_as)
    assert again.values.to_list() == [*seconds, 7.5]


def test_ambiguous_dates_are_day_first_with_a_warning():
    found = infer_column(pl.Series("x", ["01/02/2024", "03/04/2024"]))

    assert (str(found.values[0].date()), found.read_as) == ("2024-02-01", ColumnFormat(dates="dmy"))
    assert found.warnings == ["Dates in column 'x' are read with the day first; send date_order=mdy if that is wrong."]


def test_ambiguous_dates_beside_dollars_are_month_first_with_a_warning():
    columns = [pl.Series("x", ["01/02/2024", "03/04/2024"]), pl.Series("price", ["$5", "$7"])]

    found = infer_column(columns[0], find_conventions(columns, FileOptions()))

    assert (str(found.values[0].date()), found.read_as) == ("2024-01-02", ColumnFormat(dates="mdy"))
    assert found.warnings == [
        "Dates in column 'x' are read with the month first; send date_order=dmy if that is wrong."
    ]


@pytest.mark.parametrize(
    ("texts", "options", "dates"),
    [
        (["13/01/2024", "14/01/2024", "01/13/2024"], {}, "1 of its 3 dates does not have the day first ('01/13/2024')"),
        (["13/01/2024"] * 2, {"date_order": "mdy"}, "2 of its 2 dates do not have the month first ('13/01/2024')"),
        (["01/13/2024"], {"date_order": "dmy"}, "1 of its 1 dates does not have the day first ('01/13/2024')"),
    ],
)
def test_dates_in_several_orders_are_categories_with_a_warning(texts, options, dates):
    raw = pl.Series("x", texts)

    found = infer_column(raw, find_conventions([raw], FileOptions(**options)))

    warning = f"Column 'x' is treated as categories because {dates}; write all dates in one order."
    assert (found.type, found.warnings) == (CATEGORY, [warning])


def test_seasons_are_categories_without_a_warning():
    found = infer_column(pl.Series(["2009-10", "2010-11"]))

    assert (found.type, found.warnings) == (CATEGORY, [])


def test_months_with_short_years_are_dates():
    assert infer_column(pl.Series(["Jan-24", "Feb-24"])).type is DATETIME


@pytest.mark.parametrize(
    ("texts", "options", "days"),
    [
        (["01/02/2024", "01/13/2024"], {}, ["2024-01-02", "2024-01-13"]),
        (["01/02/2024"], {}, ["2024-02-01"]),
        (["01/02/2024"], {"date_order": "mdy"}, ["2024-01-02"]),
        (["01/02/2024", "13/01/2024"], {"date_order": "mdy"}, ["2024-01-02", None]),
    ],
)
def test_dates_of_a_file_are_read_by_option_then_evidence_then_as_the_training_table(texts, options, days):
    raw = pl.Series(texts)

    found = convert_column(raw, DATETIME, ColumnFormat(dates="dmy"), find_conventions([raw], FileOptions(**options)))

    assert [value and str(value.date()) for value in found.values] == days
    assert found.invalid.to_list() == [day is None for day in days]


def test_long_words_take_little_time():
    raw = pl.Series("a", [f"{'a' * 30_000}{number}" for number in range(25)])

    start = process_time()
    column = infer_column(raw, FILE)

    assert column.type is CATEGORY
    assert process_time() - start < 2
