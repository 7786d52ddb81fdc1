"""Calendar features: what a datetime says beside its position in time.

Days since 1970-01-01 (UTC) are followed by the fields that vary in the training rows, and by the days between two
datetimes. The functions work on arrays and on single numbers alike, by the functions of `numpy` or `math`, so
that a row is encoded as a matrix is.
"""

import math
from collections.abc import Callable, Sequence
from datetime import date
from itertools import combinations
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

DAYS_PER_YEAR = 365.2425
DAYS_OF_FIRST_YEAR = 365
DAYS_TO_1970, MAX_DAY = date(1970, 1, 1).toordinal(), date.max.toordinal()
MAX_PAIRED = 5
"""The days between two datetimes are features for the first columns only: 10 pairs."""


def weekday(days: Any, m: Any = np) -> Any:
    """Return the day of the week, 0 for Monday: 1970-01-01 was a Thursday."""
    return _remainder(m.floor(days + 3), 7, m)


def day_of_year(days: Any, m: Any = np) -> Any:
    """Return the day of the year, 0 for 1 March: the same day of all years, and no jump at their end.

    Source: Howard Hinnant, chrono-compatible low-level date algorithms, `civil_from_days`.
    """
    if m is math and DAYS_OF_FIRST_YEAR < (ordinal := math.floor(days) + DAYS_TO_1970) <= MAX_DAY:
        day = date.fromordinal(ordinal)
        return ordinal - date(day.year - (day.month < 3), 3, 1).toordinal()
    of_era = _remainder(m.floor(days) + 719_468, 146_097, m)
    leap = m.floor(of_era / 1_460) - m.floor(of_era / 36_524) + m.floor(of_era / 146_096)
    year = m.floor((of_era - leap) / 365)
    return of_era - (365 * year + m.floor(year / 4) - m.floor(year / 100))


def hour(days: Any, m: Any = np) -> Any:
    """Return the time of day in hours."""
    return (days - m.floor(days)) * 24


def _remainder(dividend: Any, divisor: int, m: Any) -> Any:
    """Return the remainder of whole numbers, in a tenth of the time that `%` takes."""
    return dividend - divisor * m.floor(dividend / divisor)


HARMONICS = {"weekday": 3, "day of year": 2, "hour": 2}
"""Number of sines and cosines of a cycle: with three, each day of the week has a level of its own."""
FIELDS: dict[str, Callable[..., Any]] = {"weekday": weekday, "day of year": day_of_year, "hour": hour}


class Calendar(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Days (rows, datetimes), followed by fields of the calendar, and by the days between datetimes.

    Fields are day of the week, day of the year and hour, where they vary in the training rows; for smooth models, sines
    and cosines of the week, the year and the day instead. A missing datetime is missing in all features made of it.
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
        return np.column_stack(self.features(X))

    def features(self, X: np.ndarray) -> list[np.ndarray]:
        """Return the features one by one, (rows,) each."""
        return self._features([X[:, index] for index in range(X.shape[1])], np)

    def transform_row(self, row: Sequence[float]) -> list[float]:
        """Return the features of a single row without missing values."""
        return self._features(list(row), math)

    def _features(self, days: list[Any], m: Any) -> list[Any]:
        """Return the features of days by the functions of `numpy` or `math`."""
        features = list(days)
        for name, index in self.fields_:
            features += field_features(name, days[index], m, smooth=self.smooth)
        return features + [days[first] - days[second] for first, second in self.pairs_]


def field_features(name: str, days: Any, m: Any, *, smooth: bool) -> list[Any]:
    """Return the features of a field by the functions of `numpy` or `math`: the field itself, or its waves."""
    return _waves(_angle(name, days, m), HARMONICS[name], m) if smooth else [FIELDS[name](days, m)]


def _angle(name: str, days: Any, m: Any) -> Any:
    """Return the position in the cycle of a field as an angle: continuous but for the day of the week."""
    if name == "day of year":
        return 2 * math.pi * days / DAYS_PER_YEAR
    return 2 * math.pi * (weekday(days, m) / 7 if name == "weekday" else days - m.floor(days))


def _waves(angle: Any, count: int, m: Any) -> list[Any]:
    """Return sine and cosine of the first multiples of an angle; all but the first ones by their addition theorems."""
    first = sine, cosine = m.sin(angle), m.cos(angle)
    waves = [*first]
    for _ in range(1, count):
        sine, cosine = sine * first[1] + cosine * first[0], cosine * first[1] - sine * first[0]
        waves += [sine, cosine]
    return waves


def _varies(values: np.ndarray) -> bool:
    present = values[~np.isnan(values)]
    return len(present) > 0 and bool((present != present[0]).any())
