"""Preprocessing for recipes."""

from dataclasses import replace

import numpy as np
import pytest

from mlapp.ml.preprocessing import FeatureColumns, native, one_hot, ordinal, smooth
from mlapp.schemas import ColumnType, Feature


def test_columns_are_grouped_by_type():
    kinds = [ColumnType.CATEGORY, ColumnType.NUMBER, ColumnType.DATETIME, ColumnType.BOOLEAN, ColumnType.INTEGER]
    features = [Feature(name=str(index), type=kind, required=True, example=None) for index, kind in enumerate(kinds)]

    names = ("0", "1", "2", "3", "4")
    assert FeatureColumns.of(features) == FeatureColumns([1, 3, 4], categories=[0], datetimes=[2], names=names)
    assert FeatureColumns.of(features, 60, 3) == FeatureColumns([1, 3, 4], [0], [2], rows=60, classes=3, names=names)


def test_columns_are_found_by_name_and_texts_have_many():
    features = [
        Feature(name=name, type=kind, required=True, example=None, categories=categories)
        for name, kind, categories in (
            ("size", ColumnType.NUMBER, None),
            ("review", ColumnType.TEXT, None),
            ("grade", ColumnType.CATEGORY, ["low", "high"]),
        )
    ]
    columns = replace(FeatureColumns.of(features), texts=[[1, 3, 4]])

    assert columns.named("grade", "review") == [2, 1, 3, 4]
    assert columns.named() == []
    assert columns.labels == {"grade": ["low", "high"]}
    with pytest.raises(ValueError, match="there is no feature 'Size', which the recipe is made for"):
        columns.named("size", "Size")


def test_native_columns_cap_rare_categories_and_append_the_calendar():
    X = np.array([[3.0, 0.0, 19_753.0], [4.0, 700.0, 19_754.25], [5.0, np.nan, 19_790.5]])
    prepared = native(FeatureColumns([0], [1], [2])).fit(X)

    result = prepared.transform(X)

    np.testing.assert_array_equal(result[:, :3], [[3, 0, 19_753], [4, 254, 19_754.25], [5, np.nan, 19_790.5]])
    assert result.shape == (3, 6)
    np.testing.assert_allclose([prepared.transform_row(row) for row in X[:2].tolist()], result[:2])
    assert X[1, 1] == 700


@pytest.mark.parametrize("step", [one_hot, ordinal])
def test_rare_categories_share_the_last_code(step):
    codes = np.array([[0.0], [254.0], [600.0], [np.nan]])

    result = step(FeatureColumns([], [0], [], rows=4)).fit_transform(codes)

    np.testing.assert_array_equal(result[1], result[2])
    assert len(np.unique(result, axis=0)) == 3


def test_matrix_of_a_large_table_is_sparse():
    columns = FeatureColumns([0], [1], [], rows=5_000, texts=[[2, 3]])
    X = np.column_stack([np.arange(20) % 3, np.arange(20), np.arange(20) % 7, np.arange(20) % 2]).astype(float)

    sparse, dense = one_hot(columns).fit_transform(X), smooth(columns).fit_transform(X)

    np.testing.assert_allclose(sparse.toarray(), dense, atol=1e-9)
