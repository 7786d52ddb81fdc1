"""Calendar features."""

from datetime import date

import numpy as np
import pytest

from mlapp.ml.recipes.calendar import Calendar, day_of_year, weekday

NOON, EVENING = 19_753.5, 19_754.75
"""2024-01-31 12:00, a Wednesday, and 2024-02-01 18:00."""


@pytest.mark.parametrize("day", ["1600-02-29", "1969-12-31", "1970-01-01", "2000-03-01", "2024-02-29", "2100-12-31"])
def test_day_of_the_year_and_weekday_of_a_day(day):
    expected = date.fromisoformat(day)
    days = float((expected - date(1970, 1, 1)).days) + 0.9
    march = date(expected.year - (expected.month < 3), 3, 1)

    assert (day_of_year(days), weekday(days)) == ((expected - march).days, expected.weekday())


def test_calendar_has_weekday_day_of_the_year_and_hour():
    days = np.array([[NOON], [EVENING], [np.nan]])

    features = Calendar().fit_transform(days)

    np.testing.assert_array_equal(features, [[NOON, 2, 336, 12], [EVENING, 3, 337, 18], [np.nan] * 4])


def test_fields_that_do_not_vary_are_left_out():
    days = np.array([[19_753.0], [19_760.0], [np.nan]])

    assert Calendar().fit(days).fields_ == [("day of year", 0)]
    assert Calendar().fit(days[:1]).fields_ == []
    assert Calendar().fit_transform(days[2:]).shape == (1, 1)


def test_days_between_two_datetimes_are_a_feature():
    days = np.array([[10.0, 4.0, 1.0]])

    np.testing.assert_array_equal(Calendar().fit_transform(days), [[10, 4, 1, 6, 9, 3]])
    assert len(Calendar().fit(np.zeros((2, 30))).pairs_) == 10


def test_smooth_calendar_continues_from_december_to_january():
    days = np.arange(19_000.0, 19_366.0)[:, None]
    calendar = Calendar(smooth=True).fit(days)

    waves = calendar.transform(np.array([[19_357.0], [19_357.0 + 365.2425 * 28]]))[:, -4:]

    assert {name for name, _ in calendar.fields_} == {"weekday", "day of year"}
    np.testing.assert_allclose(waves[0], waves[1], atol=1e-9)


@pytest.mark.parametrize("smooth", [False, True])
def test_a_row_alone_has_the_same_features(smooth):
    days = np.array([[NOON, 3.25], [EVENING, -400.0], [-719_000.5, 2.0]])
    calendar = Calendar(smooth).fit(days)

    np.testing.assert_allclose([calendar.transform_row(row) for row in days.tolist()], calendar.transform(days))
