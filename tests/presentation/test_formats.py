"""Formats for people."""

from datetime import timedelta

import pytest

from mlapp.presentation.formats import format_age


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=-1), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1_200), "1,200 days ago"),
    ],
)
def test_age_is_in_the_largest_unit(age: timedelta, text: str):
    assert format_age(age) == text
