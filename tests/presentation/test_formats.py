"""Formats for people."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlapp.presentation.formats import (
    exact,
    format_age,
    format_bytes,
    format_count,
    format_duration,
    format_number,
    format_percent,
    format_ratio,
    format_value,
    with_spread,
)
from mlapp.presentation.metrics import format_metric, format_metric_with_spread


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (18_823.0, "18,823"),
        (1_234_567, "1,234,567"),
        (0.82154, "0.822"),
        (151.2378, "151"),
        (1_548.3, "1,550"),
        (-326_412.7, "-326,000"),
        (999.96, "1,000"),
        (1_548_300.0, "1.55 M"),
        (23.4e9, "23.4 G"),
        (9.33e-5, "0.0000933"),
        (5.07e-9, "5.07 × 10⁻⁹"),
        (1.5e18, "1.5 × 10¹⁸"),
        (float("nan"), "–"),
    ],
)
def test_number_has_three_significant_digits(number: float, text: str):
    assert format_number(number) == text


@pytest.mark.parametrize(
    ("number", "unit", "text"), [(151.24, "€", "151 €"), (23.42, "mm", "23.4 mm"), (0.247, "%", "24.7%"), (5, "", "5")]
)
def test_number_has_its_unit(number: float, unit: str, text: str):
    assert format_number(number, unit) == text


@pytest.mark.parametrize(
    ("number", "spread", "unit", "text"),
    [
        (0.8215, 0.03945, None, "0.822 ± 0.039"),
        (1_548.3, 123.4, "€", "1,550 ± 120 €"),
        (0.8215, 0.03945, "%", "82.2 ± 3.9%"),
        (0.5, 0, None, "0.5 ± 0"),
        (0.9967, 0.0003, None, "0.99670 ± 0.00030"),
    ],
)
def test_spread_decides_the_digits(number: float, spread: float, unit: str | None, text: str):
    assert with_spread(number, spread, unit) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.8224, "82.2%"), (0, "0%"), (1, "100%"), (0.9999, "> 99.9%"), (0.0001, "< 0.1%"), (-0.051, "-5.1%")],
)
def test_percentage_never_rounds_to_none_or_all(share: float, text: str):
    assert format_percent(share) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0.48, "0.480"), (2e-9, "< 0.001"), (-2e-9, "> -0.001"), (12.34, "12.3"), (0, "0.000")]
)
def test_ratio_has_three_decimals(number: float, text: str):
    assert format_ratio(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0000234, "23.4 µs"),
        (0.02371, "23.7 ms"),
        (4.02, "4 s"),
        (4.16, "4.2 s"),
        (35.2, "35 s"),
        (700, "12 min"),
        (5_400, "1.5 h"),
    ],
)
def test_duration_is_in_the_unit_that_suits_it(seconds: float, text: str):
    assert format_duration(seconds) == text


def test_metrics_are_percentages_numbers_with_units_or_ratios():
    assert format_metric("accuracy", 0.8215, "€") == "82.2%"
    assert format_metric("mae", 295.31, "€") == "295 €"
    assert format_metric("r2", 0.48, "€") == "0.480"
    assert format_metric_with_spread("accuracy", {"accuracy": 0.8215}, {"accuracy": 0.03945}) == "82.2 ± 3.9%"
    assert format_metric_with_spread("rmse", {"rmse": 295.3}, {"rmse": 12.3}, "€") == "295 ± 12 €"
    assert format_metric_with_spread("log_loss", {"log_loss": 0.4}, {"log_loss": 0.05}, "€") == "0.400 ± 0.050"
    assert format_metric_with_spread("roc_auc", {"roc_auc": 0.9}, {}) == "0.900"


def test_counts_and_sizes_have_their_nouns_and_units():
    assert (format_count(1, "row"), format_count(2_000, "row")) == ("1 row", "2,000 rows")
    assert (format_count(2, "class", "classes"), format_count(12_000)) == ("2 classes", "12,000")
    assert [format_bytes(size) for size in (12, 12_340, 5.2e6, 1.5e9)] == ["12 bytes", "12.3 kB", "5.2 MB", "1.5 GB"]


def test_values_are_shown_as_text_and_exactly_on_demand():
    assert [format_value(value) for value in (None, True, "x", 2, 0.25)] == ["–", "true", "x", "2", "0.25"]
    assert [format_value(value) for value in (2013, 2013.0, 12_345, 1_548.3)] == ["2013", "2013", "12,345", "1,548"]
    assert format_value(12, "€") == "12 €"
    assert format_value(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01"
    assert [format_value(value) for value in (2013, 2013.0, 12_345, 1_548.3)] == ["2013", "2013", "12,345", "1,548"]
    assert format_value(12, "€") == "12 €"
    assert format_value(datetime(2026, 3, 1, 9, 30, tzinfo=UTC)) == "2026-03-01 09:30"
    assert [exact(value) for value in (9.33e-5, 1234.56789, None, "x", True)] == [
        *("0.0000933", "1,234.56789", "–", "x", "true")
    ]


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


def test_pages_and_presentation_format_figures_only_here():
    """Only lengths in styles, such as `{width:.2f}%`, are written elsewhere; figures come from this package."""
    root = Path(__file__).parents[2]
    files = [*(root / "pages").rglob("*.py"), *(root / "mlapp/presentation").rglob("*.py")]
    by_hand = re.compile(r":(?:,(?:\.\d+f)?|,?\.\d+[%ge])\}")
    found = {
        str(file.relative_to(root)): match.group()
        for file in files
        if file.parent.name != "formats" and (match := by_hand.search(file.read_text("utf-8")))
    }

    assert found == {}
