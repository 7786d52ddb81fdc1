"""Calendar features: what a datetime says beside its position in time.

Days since 1970-01-01 (UTC) are followed by the fields that vary in the training rows, and by the days between two
datetimes. The functions work on arrays and on single numbers alike, so that a row is encoded as a matrix is.
"""

import math
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, Self, TypeVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

DAYS_PER_YEAR = 365.2425
MAX_PAIRED = 5
"""The days between two datetimes are features for the first columns only: 10 pairs."""

Days = TypeVar("Days", float, np.ndarray)


def weekday(days: Days) -> Days:
    """Return the day of the week, 0 for Monday: 1970-01-01 was a Thursday."""
    return (days + 3) // 1 % 7


def month(days: Days) -> Days:
    """Return the month, 1 to 12.

    Source: Howard Hinnant, chrono-compatible low-level date algorithms, `civil_from_days`.
    """
    day = days // 1 + 719_468
    of_era = day % 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    found: Days = ((5 * of_year + 2) // 153 + 2) % 12 + 1
    return found


def hour(days: Days) -> Days:
    """Return the time of day in hours."""
    return days % 1 * 24


HARMONICS = {"weekday": 3, "month": 2, "hour": 2}
"""Number of sines and cosines of a cycle: with three, each day of the week has a level of its own."""
FIELDS: dict[str, Callable[[Any], Any]] = {"weekday": weekday, "month": month, "hour": hour}


class Calendar(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Days (rows, datetimes), followed by fields of the calendar, and by the days between datetimes.

    Fields are day of the week, month and hour, where they vary in the training rows; for smooth models, sines and
    cosines of the week, the year and the day instead. A missing datetime is missing in all features made of it.
    """

    def __init__(self, smooth: bool = False) -> None:  # noqa: FBT001, FBT002 - a parameter of scikit-learn
        self.smooth = smooth

    def fit(self, X: np.ndarray, y: object = None) -> Self:  # noqa: ARG002 - scikit-learn's protocol
        """Find the fields that vary."""
        columns = range(X.shape[1])
        self.fields_ = [(name, index) for index in columns for name in FIELDS if _varies(FIELDS[name](X[:, index]))]
        self.pairs_ = list(combinations(columns[:MAX_PAIRED], 2))
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the features, (rows, features)."""
        return np.column_stack(self._features([X[:, index] for index in range(X.shape[1])], np.sin, np.cos))

    def transform_row(self, row: Sequence[float]) -> list[float]:
        """Return the features of a single row without missing values."""
        return self._features(list(row), math.sin, math.cos)

    def _features(self, days: list[Any], sin: Callable[[Any], Any], cos: Callable[[Any], Any]) -> list[Any]:
        features = list(days)
        for name, index in self.fields_:
            if self.smooth:
                angles = [(order + 1) * _angle(name, days[index]) for order in range(HARMONICS[name])]
                features += [wave(angle) for angle in angles for wave in (sin, cos)]
            else:
                features.append(FIELDS[name](days[index]))
        return features + [days[first] - days[second] for first, second in self.pairs_]


def _angle(name: str, days: Any) -> Any:
    """Return the position in the cycle of a field as an angle: continuous but for the day of the week."""
    if name == "month":
        return 2 * math.pi * days / DAYS_PER_YEAR
    return 2 * math.pi * (weekday(days) / 7 if name == "weekday" else days % 1)


def _varies(values: np.ndarray) -> bool:
    present = values[~np.isnan(values)]
    return len(present) > 0 and bool((present != present[0]).any())
