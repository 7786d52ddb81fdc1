"""Columns of texts that are dates."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlapp.tables.columns.conventions import PLAIN, Conventions
from mlapp.tables.columns.dates import convert_dates, date_evidence, infer_dates

often = settings(max_examples=25, deadline=None, derandomize=True, database=None)


def dates_of(*texts, name="a", conventions=PLAIN, prior=None):
    found = infer_dates(pl.Series(texts, dtype=pl.String), name, conventions, prior)
    return found and (found.values.dt.strftime("%Y-%m-%dT%H:%M:%S%.f").str.strip_suffix("T00:00:00").to_list())


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31T10:05:07.25", "2024-01-31T10:05:07.250"),
        ("2024-01-31 10:05:00-0130", "2024-01-31T11:35:00"),
        ("2024-01-31T10:05:07 +02", "2024-01-31T08:05:07"),
        ("2024-01-31 10:05 UTC+2", "2024-01-31T08:05:00"),
        ("2024-01-31 10:05:07.123456789 EST", "2024-01-31T15:05:07.123456"),
        ("2024-01-31T12:00:00+01:00[Europe/Berlin]", "2024-01-31T11:00:00"),
        ("2024-01-31 12:00:00 +0000 UTC", "2024-01-31T12:00:00"),
        ("20240131T123005Z", "2024-01-31T12:30:05"),
        ("20240131T1230", "2024-01-31T12:30:00"),
        ("2024/1/31", "2024-01-31"),
        ("2024.01.31 9:05", "2024-01-31T09:05:00"),
        ("31/01/2024", "2024-01-31"),
        ("31.1.24", "2024-01-31"),
        ("31. 1. 2024", "2024-01-31"),
        ("31-01-99", "1999-01-31"),
        ("31.01.2024 12.30", "2024-01-31T12:30:00"),
        ("31.01.2024, 12:30 Uhr", "2024-01-31T12:30:00"),
        ("01/31/2024 12:38 AM", "2024-01-31T00:38:00"),
        ("1/31/2024 5 p.m.", "2024-01-31T17:00:00"),
        ("15-Jan-2023", "2023-01-15"),
        ("15JAN2023:12:34:56", "2023-01-15T12:34:56"),
        ("January 15, 2023", "2023-01-15"),
        ("Jan. 15th, 2023 at 5:06 PM", "2023-01-15T17:06:00"),
        ("2023 Sep 1", "2023-09-01"),
        ("1st of May 2024", "2024-05-01"),
        ("15. März 2024", "2024-03-15"),
        ("Sonntag, den 15. Januar 2023", "2023-01-15"),
        ("mardi 2 février 2024", "2024-02-02"),
        ("mar 15 mar 2024", "2024-03-15"),
        ("mar 15, 2024", "2024-03-15"),
        ("3 de enero de 2024", "2024-01-03"),
        ("4 gennaio 2024", "2024-01-04"),
        ("5 mrt. 2024", "2024-03-05"),
        ("6 de março de 2024", "2024-03-06"),
        ("Tue, 15 Nov 1994 08:12:31 GMT", "1994-11-15T08:12:31"),
        ("10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36"),
        ("Mon Jan  5 12:30:05 UTC 2024", "2024-01-05T12:30:05"),
        ("Sun Jan 15 2023 12:30:45 GMT+0100 (Central European Standard Time)", "2023-01-15T11:30:45"),
        ("2024-02", "2024-02-01"),
        ("02/2024", "2024-02-01"),
        ("Feb 2024", "2024-02-01"),
        ("février 2024", "2024-02-01"),
        ("Feb-24", "2024-02-01"),
        ("2024-Q2", "2024-04-01"),
        ("2024年1月31日", "2024-01-31"),
        ("Q2 2024", "2024-04-01"),
    ],
)
def test_date_is_read_in_many_formats(text, moment):
    assert dates_of(text, None) == [moment, None]


FORMATS = [
    *("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f+0000", "%Y/%m/%d %H:%M:%S,%f", "%d.%m.%Y %H:%M:%S.%f"),
    *("%m/%d/%Y %I:%M:%S.%f %p", "%d-%b-%Y %H:%M:%S.%f", "%A, %B %d, %Y %I:%M:%S.%f %p UTC", "%d/%m/%y %H:%M:%S.%f"),
]
moments = st.datetimes(datetime(1950, 1, 1), datetime(2049, 12, 31))  # noqa: DTZ001 - as polars returns them


@pytest.mark.parametrize("written", FORMATS)
@often
@given(st.lists(moments, min_size=1, max_size=20))
def test_dates_are_read_as_they_were_written(written, values):
    decisive = datetime(2024, 1, 31)  # noqa: DTZ001

    found = infer_dates(pl.Series([each.strftime(written) for each in [decisive, *values]]), "a", PLAIN)
    assert found
    assert found.values.to_list() == [decisive, *values]
    assert not found.ambiguous


@pytest.mark.parametrize(
    "texts",
    [
        *(["1/2", "3/4"], ["10-20", "30-40"], ["3.5"], ["1.2.3", "1.10.2"], ["10.0.0.1"], ["555-123-4567"], ["2024"]),
        *(
            ["12,50"],
            ["1.234,56"],
            ["$1.50"],
            ["12.2024"],
            ["2024/25"],
            ["A-12"],
            ["1 2 24"],
            ["1 Jan"],
            ["45-46-47"],
            ["2009-10", "2010-11"],
        ),
        *(["31/02/2024"], ["29.2.2023"], ["2024-02-30"], ["2024-13-01"], ["0 Jan 2024"], ["15 Foo 2024"]),
        *(
            ["2024-01-31 24:00"],
            ["2024-01-31 10:60"],
            ["2024-01-31 13:00 PM"],
            ["2024-01-31 10"],
            ["2024-01-31 1:00 XYZ"],
        ),
        *(["2024-01-31 10:00+24:00"], ["01-02/2024"], ["31/01/2024", "x1"], ["yes", None], [None], []),
        ["31/01/2024"] * 1_000 + ["x1"],
        ["x1"] + ["31/01/2024"] * 1_000,
    ],
)
def test_other_texts_are_no_dates(texts):
    assert dates_of(*texts) is None


def test_words_beside_dates_are_invalid():
    found = infer_dates(pl.Series(["31/01/2024", "unknown", None]), "a", PLAIN)
    assert found
    assert found.invalid.to_list() == [False, True, False]


@pytest.mark.parametrize(
    ("texts", "order", "moments"),
    [
        (["01/02/2024", "13/02/2024"], "dmy", ["2024-02-01", "2024-02-13"]),
        (["01/02/2024", "02/13/2024"], "mdy", ["2024-01-02", "2024-02-13"]),
        (["2023-01-15", "03/02/2024", "23/02/2024"], "dmy", ["2023-01-15", "2024-02-03", "2024-02-23"]),
        (["24-01-30", "24-02-28"], "yymmdd", ["2024-01-30", "2024-02-28"]),
        (["30-01-24", "28-02-24"], "dmy", ["2024-01-30", "2024-02-28"]),
        (["99-01-30"], "yymmdd", ["1999-01-30"]),
        (["15 Jan 2024"], "dmy", ["2024-01-15"]),
        (["Jan 15 2024"], "mdy", ["2024-01-15"]),
        (["Jan 2024"], "ymd", ["2024-01-01"]),
        (["02/02/2024"], "dmy", ["2024-02-02"]),
    ],
)
def test_order_of_day_and_month_is_found_over_the_column(texts, order, moments):
    found = infer_dates(pl.Series(texts), "a", PLAIN)
    assert found
    assert (found.dates, found.ambiguous, dates_of(*texts)) == (order, False, moments)


@pytest.mark.parametrize(
    ("text", "conventions", "prior", "moment", "is_ambiguous"),
    [
        ("01/02/2024", PLAIN, None, "2024-02-01", True),
        ("01/02/2024 5:00 PM", PLAIN, None, "2024-01-02T17:00:00", True),
        ("01/02/2024", Conventions(is_american=True), None, "2024-01-02", True),
        ("01/02/2024", Conventions(date_order="mdy"), "dmy", "2024-01-02", False),
        ("01/02/2024", PLAIN, "mdy", "2024-01-02", False),
        ("01/02/2024", PLAIN, "ymd", "2024-02-01", True),
        ("13/02/2024", Conventions(date_order="mdy"), None, "2024-02-13", False),
        ("01/02/03", Conventions(date_order="ymd", is_date_order_given=True), None, "2001-02-03", False),
    ],
)
def test_ambiguous_order_is_decided_by_the_table_then_by_the_prior(text, conventions, prior, moment, is_ambiguous):
    found = infer_dates(pl.Series([text]), "a", conventions, prior)
    assert found
    assert (dates_of(text, conventions=conventions, prior=prior), found.ambiguous) == ([moment], is_ambiguous)


def test_dates_that_contradict_the_option_or_each_other_are_no_column_of_dates():
    given = Conventions(date_order="mdy", is_date_order_given=True)

    assert dates_of("13/01/2024", conventions=given) is None
    assert dates_of("13/01/2024", "01/13/2024") is None
    assert dates_of("2024-01-31", "01/13/2024", conventions=given) == ["2024-01-31", "2024-01-13"]


@pytest.mark.parametrize(
    ("prior", "moments"),
    [
        ("dmy", ["2024-02-01", "2024-01-13", None, "2024-01-31", None, "2024-01-15"]),
        ("mdy", ["2024-01-02", None, "2024-01-13", "2024-01-31", None, "2024-01-15"]),
        (None, [None, "2024-01-13", "2024-01-13", "2024-01-31", None, "2024-01-15"]),
        ("epoch_s", [None, "2024-01-13", "2024-01-13", "2024-01-31", "2024-01-14", "2024-01-15"]),
    ],
)
def test_conversion_reads_each_value_by_the_prior_alone(prior, moments):
    texts = ["01/02/2024", "13/01/2024", "01/13/2024", "2024-01-31", "1705190400", "15 Jan 2024"]

    together = convert_dates(pl.Series([*texts, None, "x"]), PLAIN, prior)
    alone = [convert_dates(pl.Series([text]), PLAIN, prior).values[0] for text in texts]

    assert together.values.to_list() == [*alone, None, None]
    assert together.values.dt.strftime("%Y-%m-%d").to_list()[:-2] == moments
    assert together.invalid.to_list() == [moment is None for moment in moments] + [False, True]


@pytest.mark.parametrize(
    ("texts", "order", "prior", "days"),
    [
        (["01/02/2024", "13/02/2024"], "mdy", "mdy", [1, 13]),
        (["01/02/2024"], "mdy", "dmy", [2]),
        (["01/02/2024"], None, "mdy", [2]),
        (["01/02/2024", "13/01/2024"], None, "mdy", [1, 13]),
        (["31.12.24", "02.01.99"], None, None, [31, 2]),
        (["01/02/2024", "02/02/2024"], None, None, [None, 2]),
        (["01/13/2024", "13/01/2024"], "dmy", None, [None, 13]),
        (["31/02/2024", "13/01/2024"], "dmy", None, [None, 13]),
        (["24-01-30"], "dmy", "yymmdd", [30]),
    ],
)
def test_conversion_of_a_file_uses_its_own_evidence(texts, order, prior, days):
    found = convert_dates(pl.Series(texts), Conventions(date_order=order, is_file=True), prior)

    assert found.values.dt.day().to_list() == days


def test_years_first_are_converted_as_in_training():
    found = convert_dates(pl.Series(["24-01-11"]), PLAIN, "yymmdd")

    assert found.values.dt.date().cast(pl.String).to_list() == ["2024-01-11"]


def test_nanoseconds_are_dates_where_the_name_says_so():
    moment = timedelta(seconds=1_705_190_400, microseconds=123_456)
    texts = pl.Series(["1705190400123456789"])

    assert infer_dates(texts, "id", PLAIN) is None
    found = infer_dates(texts, "created_at", PLAIN)
    assert found
    assert (found.dates, found.values.to_list()) == ("epoch_ns", [datetime(1970, 1, 1) + moment])  # noqa: DTZ001
    assert convert_dates(texts, PLAIN, "epoch_ns").values.to_list() == found.values.to_list()


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["01/02/2024", "13/02/2024"], "dmy"),
        (["01/02/2024", "02/13/2024 5:00 PM"], "mdy"),
        (["13.1.99"], "dmy"),
        (["13/02/2024", "02/13/2024"], None),
        (["01/02/2024"], None),
        (["24-01-30"], None),
        (["1.5", "x"], None),
        ([], None),
    ],
)
def test_evidence_of_a_table_is_a_day_after_the_12th(texts, order):
    assert date_evidence(pl.Series(texts, dtype=pl.String)) == order


def test_repeated_dates_of_a_long_column_keep_their_rows():
    first = datetime(2024, 1, 1)  # noqa: DTZ001
    days = [first + timedelta(row % 360) if row % 7 else None for row in range(10_001)]

    found = infer_dates(pl.Series([day and f"{day:%d/%m/%Y}" for day in days]), "a", PLAIN)

    assert found
    assert found.values.to_list() == days
