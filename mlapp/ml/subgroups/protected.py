"""Protected groups: how a version treats the held-out rows of each group of a column.

Source: Hardt, Price & Srebro, Equality of Opportunity in Supervised Learning, NeurIPS (2016).
"""

import numpy as np

from mlapp.ml.subgroups.conditions import Levels
from mlapp.ml.subgroups.means import Rows, mean_of
from mlapp.schemas import ProtectedGroup, ProtectedGroups, Scalar, Share

MIN_ROWS = 10
"""Smaller groups are left out: their figures would be those of single persons."""


def protected_groups(  # noqa: PLR0913 - a column, and what is known of its rows
    column: str,
    levels: Levels,
    losses: np.ndarray,
    rows: Rows,
    *,
    covered: np.ndarray | None = None,
    positive: tuple[Scalar, np.ndarray, np.ndarray] | None = None,
) -> ProtectedGroups:
    """Return how each group fares.

    Args:
        column: Name of the protected column.
        levels: Its levels, by held-out row.
        losses: Error of each row, (rows,).
        rows: How the rows count.
        covered: Whether the true value of each row lies in its interval, (rows,); None for classes.
        positive: The class of interest, whether each row is predicted as it, and whether it is; None unless there are
            two classes.
    """
    groups, left_out = [], len(losses)
    for index in range(levels.size):
        among = levels.codes == index
        if (count := int(among.sum())) < MIN_ROWS:
            continue
        left_out -= count
        group = ProtectedGroup(condition=levels.conditions[index], rows=count, error=_share(losses, among, rows))
        if covered is not None:
            group.covered = _share(covered, among, rows)
        if positive is not None:
            _, predicted, actual = positive
            group.predicted_positive = _share(predicted, among, rows)
            group.true_positive_rate = _rate(predicted, among & actual, rows)
            group.false_positive_rate = _rate(predicted, among & ~actual, rows)
        groups.append(group)
    groups.sort(key=lambda group: -group.rows)
    return ProtectedGroups(column=column, positive=positive[0] if positive else None, groups=groups, left_out=left_out)


def _share(values: np.ndarray, among: np.ndarray, rows: Rows) -> Share:
    mean = mean_of(values, among, rows)
    return Share(value=mean.value, standard_error=mean.standard_error, rows=int(among.sum()))


def _rate(values: np.ndarray, among: np.ndarray, rows: Rows) -> Share | None:
    return _share(values, among, rows) if among.any() else None
