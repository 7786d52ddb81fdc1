"""Rejected cells: values for which a pipeline that was fitted elsewhere raises errors, or may."""

from dataclasses import dataclass

import numpy as np

UNKNOWN = -np.inf
"""Code of categories outside the training data, as in `mlapp.ml.data.plain_rows`."""
MISSING = "is missing, and the pipeline cannot predict a row without it"


@dataclass(frozen=True, eq=False)
class RejectedCells:
    """What a pipeline cannot predict, or only sometimes. Arrays are (features,)."""

    missing: np.ndarray
    """Whether it raises an error if the value is missing."""
    unknown: np.ndarray
    """Whether it does for some categories that were never seen; such rows are tried one by one."""

    def any(self, x: np.ndarray) -> bool:
        """Return whether encoded rows, (rows, features), have such a cell."""
        return bool(((np.isnan(x) & self.missing) | ((x == UNKNOWN) & self.unknown)).any())
