"""What recipes put before an estimator."""

import numpy as np

from mlapp.ml.preprocessing import Columns, calendar
from mlapp.schemas import ColumnType, Feature


def test_columns_are_sorted_by_type():
    kinds = [ColumnType.CATEGORY, ColumnType.NUMBER, ColumnType.DATETIME, ColumnType.BOOLEAN, ColumnType.INTEGER]
    features = [Feature(name=str(place), type=kind, required=True, example=None) for place, kind in enumerate(kinds)]

    assert Columns.of(features) == Columns(numbers=[1, 3, 4], categories=[0], datetimes=[2])
    assert Columns.of(features, 60, 3) == Columns([1, 3, 4], [0], [2], rows=60, classes=3)


def test_calendar_unfolds_weekday_and_hour():
    # 2024-01-31 18:00, a Wednesday, is day 19753.75.
    day, _, _, weekday, hour = calendar(np.array([[19753.75]]))[0]

    assert (day, weekday, hour) == (19753.75, 2, 18)
