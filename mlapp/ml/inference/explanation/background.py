"""Background: made-up rows that predictions are compared with, stored with each version."""

import numpy as np

BACKGROUND_ROWS = 32
"""Each more makes the mean over them more accurate, and explanations slower."""
SAMPLE_ROWS = 10_000
"""Rows of the training table that the quantiles are taken from."""


def make_background(x: np.ndarray, seed: int) -> np.ndarray:
    """Return rows of which each column has the distribution of a column of `x`, (`BACKGROUND_ROWS`, columns).

    Columns are independent: no row is one of the training table. Values are evenly spaced quantiles, so that each
    category and missing values have their share of the rows (Latin hypercube sampling).

    Source: McKay, Beckman and Conover, A Comparison of Three Methods for Selecting Values of Input Variables,
    Technometrics 21 (1979).
    """
    random = np.random.default_rng(seed)
    if len(x) > SAMPLE_ROWS:
        x = x[np.sort(random.choice(len(x), SAMPLE_ROWS, replace=False))]
    positions = ((np.arange(BACKGROUND_ROWS) + 0.5) / BACKGROUND_ROWS * len(x)).astype(int)
    # Missing values are sorted to the end.
    quantiles = np.sort(x, axis=0)[positions]
    return np.column_stack([random.permutation(column) for column in quantiles.T])
