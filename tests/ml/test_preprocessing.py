"""Preprocessing for recipes."""

from mlapp.ml.preprocessing import FeatureColumns
from mlapp.schemas import ColumnType, Feature


def test_columns_are_grouped_by_type():
    kinds = [ColumnType.CATEGORY, ColumnType.NUMBER, ColumnType.DATETIME, ColumnType.BOOLEAN, ColumnType.INTEGER]
    features = [Feature(name=str(index), type=kind, required=True, example=None) for index, kind in enumerate(kinds)]

    assert FeatureColumns.of(features) == FeatureColumns(numbers=[1, 3, 4], categories=[0], datetimes=[2])
    assert FeatureColumns.of(features, 60, 3) == FeatureColumns([1, 3, 4], [0], [2], rows=60, classes=3)
