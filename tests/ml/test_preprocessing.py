"""Preprocessing for recipes."""

import numpy as np

from mlapp.ml.preprocessing import FeatureColumns, calendar
from mlapp.schemas import ColumnType, Feature


def test_columns_are_grouped_by_type():
    kinds = [ColumnType.CATEGORY, ColumnType.NUMBER, ColumnType.DATETIME, ColumnType.BOOLEAN, ColumnType.INTEGER]
    features = [Feature(name=str(index), type=kind, required=True, example=None) for index, kind in enumerate(kinds)]

    assert FeatureColumns.of(features) == FeatureColumns(numbers=[1, 3, 4], categories=[0], datetimes=[2])
    assert FeatureColumns.of(features, 60, 3) == FeatureColumns([1, 3, 4], [0], [2], rows=60, classes=3)


def test_calendar_has_weekday_and_hour():
    # 2024-01-31 18:00, a Wednesday, is day 19753.75.
    day, _, _, weekday, hour = calendar(np.array([[19753.75]]))[0]

    assert (day, weekday, hour) == (19753.75, 2, 18)
