"""What the columns of a table say about each other."""

import polars as pl
import pytest

from mlapp.schemas import FileOptions
from mlapp.tables.columns.evidence import find_conventions


def found(*columns, **options):
    return find_conventions([pl.Series(texts) for texts in columns], FileOptions(**options))


@pytest.mark.parametrize(
    ("columns", "decimal"),
    [
        ([["1.5", "2"]], "."),
        ([["1.234", "2"]], None),
        ([["1,5 €", "NA"]], ","),
        ([["1,234.5", "2"]], "."),
        ([["1,234", "1.234"]], None),
        ([["1,5", "2.5"]], None),
        ([["1,5"], ["2.5"]], ","),
        ([["see 1,5", "a.1, b"]], None),
        ([["1,5 x", "2,5 y"]], None),
        ([["1,2,3", "4,5,6", "1,2"]], None),
        ([["2024-01-31"], ["a"], ["1"], [None]], None),
        ([[1.5, 2.0]], None),
        ([["5"] * 5_000 + ["6,5"], ["1.234"] * 5_001], ","),
    ],
)
def test_decimal_sign_follows_from_numbers_that_are_not_ambiguous(columns, decimal):
    assert found(*columns).decimal == decimal


@pytest.mark.parametrize(
    ("columns", "order"),
    [
        ([["31/01/2024"]], "dmy"),
        ([["01/31/2024"]], "mdy"),
        ([["01/02/2024"]], None),
        ([["31/01/2024"], ["01/31/2024"]], None),
        ([["31/01/2024"], ["01/02/2024"]], "dmy"),
    ],
)
def test_date_order_follows_from_days_after_the_twelfth(columns, order):
    assert found(*columns).date_order == order


@pytest.mark.parametrize(
    ("texts", "american"),
    [
        (["$5"], True),
        (["-$ 5.50"], True),
        (["5:30 PM"], True),
        (["1/2/2024 5 a.m."], True),
        (["€5"], False),
        (["5"], False),
    ],
)
def test_dollars_and_half_days_are_american(texts, american):
    assert found(texts).is_american is american


def test_options_overrule_evidence():
    conventions = found(["1.5", "31/01/2024"], decimal=",", date_order="mdy", na_values=[" x"], keep_values=["NA"])

    assert conventions[:2] == (",", "mdy")
    assert conventions.is_decimal_given
    assert conventions.is_date_order_given
    assert (conventions.na_values, conventions.keep_values) == ({"x"}, {"NA"})


def test_json_has_no_evidence():
    columns = [pl.Series(["1,5", "2,5"])]

    assert find_conventions(columns, FileOptions(), is_file=False) == find_conventions([], FileOptions(), is_file=False)
