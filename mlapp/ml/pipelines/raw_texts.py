"""Raw texts: the values of texts and categories as they are, for pipelines that were fitted elsewhere."""

from collections.abc import Iterable

import numpy as np


class RawTexts:
    """In place of an embedding, passes the texts of a feature on: the matrix has them as objects, None if missing."""

    size = 1

    def transform(self, texts: Iterable[str | None]) -> np.ndarray:
        """Return texts as a column of objects, (rows, 1)."""
        values = list(texts)
        found = np.empty((len(values), 1), dtype=object)
        found[:, 0] = values
        return found


def feature_values(x: np.ndarray, features: int) -> np.ndarray:
    """Return the encoded values of the features, float64, (rows, features), without what follows them in a matrix."""
    return np.asarray(x[:, :features], dtype=float)


def without_negative_zero(x: np.ndarray) -> np.ndarray:
    """Return a matrix with 0 for -0, as some formats have no negative zero."""
    if x.dtype != object:
        return np.asarray(x + 0.0)
    found = x.copy()
    is_number = np.frompyfunc(lambda value: isinstance(value, float), 1, 1)(x).astype(bool)
    found[is_number] += 0.0
    return found
