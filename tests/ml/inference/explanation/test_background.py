"""Backgrounds: made-up rows with the distributions of columns."""

import numpy as np

from mlapp.ml.inference.explanation.background import BACKGROUND_ROWS, make_background


def test_background_has_each_value_in_proportion():
    column = np.repeat([0.0, 1.0, np.nan], [50, 25, 25])

    (found,) = make_background(column[:, None], seed=0).T

    counts = (found == 0).sum(), (found == 1).sum(), np.isnan(found).sum()
    assert counts == (BACKGROUND_ROWS // 2, BACKGROUND_ROWS // 4, BACKGROUND_ROWS // 4)


def test_background_of_equal_columns_has_no_row_of_the_table():
    column = np.arange(1_000.0)

    found = make_background(np.column_stack([column, column]), seed=0)

    assert (found[:, 0] != found[:, 1]).mean() > 0.8
    assert np.array_equal(*np.sort(found, axis=0).T)


def test_background_of_a_large_table_is_that_of_a_sample():
    column = np.arange(100_000.0)[:, None]

    first, second = make_background(column, seed=0), make_background(column, seed=0)

    assert np.array_equal(first, second)
    assert abs(first.mean() - column.mean()) < 1_000
