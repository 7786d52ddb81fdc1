"""Columns of texts that are times of day or durations."""

import polars as pl
import pytest

from mlapp.tables.columns.times import convert_durations, infer_durations


@pytest.mark.parametrize(
    ("texts", "seconds"),
    [
        (["12:30", "08:15:30", None], [45_000, 29_730, None]),
        (["1:02:03.5", "36:15:00"], [3_723.5, 130_500]),
        (["-1:30", "1 day, 2:03:04", "2 days 00:00"], [-5_400, 93_784, 172_800]),
        (["5 PM", "12:30 am", "12:00:01.5 p.m."], [61_200, 1_800, 43_201.5]),
        (["2h 30m", "45m", "1d 4h", "1.5h 1s"], [9_000, 2_700, 100_800, 5_401]),
        (["1h30", "2 h 05"], [5_400, 7_500]),
        (["3 hours and 20 minutes", "1 Std. 20 Min."], [12_000, 4_800]),
        (["PT1H30M", "P1DT4H", "P2WT1.5S", "-P1D"], [5_400, 100_800, 1_209_601.5, -86_400]),
        (["12:30 Uhr"], [45_000]),
        (["1:02:03", "later"], [3_723, None]),
    ],
)
def test_times_and_durations_are_seconds(texts, seconds):
    found = infer_durations(pl.Series(texts))
    assert found
    assert (found.values.to_list(), found.dates) == (seconds, "duration")
    assert found.invalid.to_list() == [text == "later" for text in texts]


@pytest.mark.parametrize(
    ("texts", "seconds"), [(["4:15", "59:30", "1:02:03"], [255, 3_570, 3_723]), (["4:15.3", "3:59"], [255.3, 239])]
)
def test_pairs_are_minutes_and_seconds_where_other_times_show_it(texts, seconds):
    found = infer_durations(pl.Series(texts))
    assert found
    assert (found.values.to_list(), found.dates) == (seconds, "duration_mm_ss")
    alone = [convert_durations(pl.Series([text]), found.dates).values[0] for text in texts]
    assert alone == seconds


@pytest.mark.parametrize(
    "texts",
    [
        *(
            ["30m", "5m"],
            ["12:75"],
            ["1:2"],
            ["P1M"],
            ["13:00 PM"],
            ["12:30", "x1"],
            ["late", None],
            [],
            ["1.5"],
            ["-"],
        ),
        ["12:30"] * 1_000 + ["x1"],
    ],
)
def test_other_texts_are_no_times(texts):
    assert infer_durations(pl.Series(texts, dtype=pl.String)) is None


def test_numbers_with_one_unit_are_converted_by_the_code():
    found = convert_durations(pl.Series(["30m", "x", None]))

    assert (found.values.to_list(), found.invalid.to_list()) == ([1_800, None, None], [False, True, False])
    assert convert_durations(pl.Series(["12:30"]), "duration_mm_ss").values.to_list() == [750]


def test_code_of_the_column_decides_about_pairs():
    found = infer_durations(pl.Series(["12:30"]), "duration_mm_ss")

    assert found
    assert found.values.to_list() == [750]
