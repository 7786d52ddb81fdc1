"""Frames that pipelines get: the names and types of those that they were fitted on."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mlapp.errors import Unacceptable
from mlapp.ml.inference.fitted_version import FittedVersion
from mlapp.ml.pipelines.fitted_pipeline import FittedPipeline
from mlapp.schemas import InputKind
from mlapp.tables.formats.csv import csv_table
from mlapp.tables.formats.json import JsonRows
from tests.ml.registration.conftest import loaded, register
from tests.ml.registration.transformers import FirstOfArray, Fussy, OfPandas

COUNT = 24
Y = np.arange(COUNT) * 1.5 + np.arange(COUNT) % 5
MOMENTS = [datetime(2024, 1, 1 + day, 6 * (day % 4)) for day in range(COUNT)]  # noqa: DTZ001 - without a zone
PANDAS = {
    "integers": pd.Series(range(COUNT)),
    "small integers": pd.Series(range(COUNT), dtype="uint8"),
    "floats with gaps": pd.Series([np.nan, 0.25, 1e6] * 8),
    "32-bit floats": pd.Series([0.1, 0.25, 1e6] * 8, dtype="float32"),
    "nullable integers": pd.Series([None, 1, 2] * 8, dtype="Int64"),
    "booleans": pd.Series([True, False, True] * 8),
    "booleans with gaps": pd.Series([True, False, None] * 8, dtype=object),
    "texts": pd.Series(["a", "b", "NA"] * 8),
    "texts with gaps": pd.Series(["a", None, "NA"] * 8),
    "empty texts": pd.Series(["a", "", "c"] * 8, dtype=object),
    "objects with None": pd.Series(["a", None, "c"] * 8, dtype=object),
    "categories": pd.Series(pd.Categorical(["lo", "hi", "mid"] * 8, ["lo", "mid", "hi", "top"], ordered=True)),
    "moments": pd.Series(pd.to_datetime(MOMENTS)),
    "nanoseconds": pd.Series(pd.to_datetime(MOMENTS)).astype("datetime64[ns]"),
    "moments with a zone": pd.Series(pd.to_datetime(MOMENTS)).dt.tz_localize("Europe/Berlin"),
}
POLARS = {
    "integers": pl.Series(range(COUNT)),
    "integers with gaps": pl.Series([1, None, 3] * 8, dtype=pl.Int16),
    "floats": pl.Series([0.1, 2.5, 1e6] * 8),
    "floats with NaN": pl.Series([0.1, float("nan"), 1e6] * 8),
    "booleans": pl.Series([True, None, False] * 8),
    "texts": pl.Series(["a", "NA", "?"] * 8),
    "empty texts": pl.Series(["a", "", "c"] * 8),
    "categoricals": pl.Series(["a", "b", None] * 8, dtype=pl.Categorical),
    "enums": pl.Series(["a", "b", "a"] * 8, dtype=pl.Enum(["b", "a"])),
    "dates": pl.Series([date(2024, 1, 1 + day) for day in range(COUNT)]),
    "moments with a zone": pl.Series(MOMENTS).dt.replace_time_zone("Europe/Berlin"),
}


def served_from_frames(fitted: FittedVersion) -> FittedPipeline:
    """Return the pipeline of a version as it predicts from frames, not from the encoded rows themselves."""
    served: FittedPipeline = fitted.parts.estimator
    return type(served)(served.pipeline, served.frames, served.labels)


@pytest.mark.parametrize("column", PANDAS)
def test_pandas_columns_keep_their_types(column):
    table = pd.DataFrame({"it": PANDAS[column], "y": Y})
    pipeline = make_pipeline(Fussy(), Ridge()).fit(table[["it"]], table["y"])

    fitted = loaded(register(pipeline, table, "y"))

    # The registration has compared the answers to all rows.
    assert fitted.info.registered is not None
    assert fitted.info.registered.input is InputKind.PANDAS
    assert fitted.info.registered.imports == ["pandas", "tests.ml.registration.transformers"]
    assert "pandas" in fitted.info.library_versions


@pytest.mark.parametrize("column", POLARS)
def test_polars_columns_keep_their_types(column):
    table = pl.DataFrame({"it": POLARS[column], "y": Y})
    pipeline = make_pipeline(Fussy(), Ridge()).fit(table[["it"]], table["y"])

    assert register(pipeline, table, "y").record["registered"].input is InputKind.POLARS


@pytest.mark.parametrize("value", [2.5, 1_000, -1, 1e30])
@pytest.mark.parametrize(
    "integers",
    [
        pd.Series(range(COUNT), dtype="uint8"),
        pd.Series(range(COUNT), dtype="Int8"),
        pl.Series(range(COUNT)).cast(pl.UInt8),
    ],
    ids=["uint8", "Int8", "UInt8"],
)
def test_numbers_beyond_the_integers_of_a_column_reach_the_pipeline_as_they_are(integers, value):
    make = type(integers.to_frame())
    table = make({"it": integers, "y": Y})
    pipeline = Ridge().fit(table[["it"]], table["y"])
    fitted = loaded(register(pipeline, table, "y"))

    x = fitted.encoder.encode(JsonRows([{"it": value}]).table())

    expected = pipeline.predict(make({"it": [float(value)]}))[0]
    assert fitted.parts.estimator.predict(x)[0] == pytest.approx(expected, rel=1e-12)
    assert served_from_frames(fitted).predict(x)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_integers_that_are_categories_stay_integers(make):
    table = make({"it": [3, 1, 7] * 8, "y": Y})
    pipeline = make_pipeline(OneHotEncoder(handle_unknown="ignore"), Ridge()).fit(table[["it"]], table["y"])
    fitted = loaded(register(pipeline, table, "y", types={"it": "category"}))

    found = fitted.predict(fitted.encoder.encode(JsonRows([{"it": 7}]).table()))

    assert fitted.info.features[0].type == "category"
    assert found[0, 0] == pytest.approx(pipeline.predict(make({"it": [7]}))[0], rel=1e-12)


def test_huge_integers_in_arrays_of_objects_stay_numbers():
    table = pl.DataFrame({"word": ["a", "b", "c"] * 8, "it": range(COUNT), "y": Y})
    encoder = make_column_transformer((OneHotEncoder(), [0]), ("passthrough", [1]))
    pipeline = make_pipeline(encoder, Ridge()).fit(table[["word", "it"]].to_numpy(), table["y"])
    fitted = loaded(register(pipeline, table, "y"))

    x = fitted.encoder.encode(JsonRows([{"word": "a", "it": 1e30}]).table())

    expected = pipeline.predict(np.array([["a", 1e30]], dtype=object))
    assert fitted.parts.estimator.predict(x) == pytest.approx(expected, rel=1e-12)


def test_values_that_do_not_survive_are_rejected():
    table = pl.DataFrame({"it": ["a", "", None] * 8, "y": Y})
    pipeline = make_pipeline(Fussy(), Ridge()).fit(table[["it"]], table["y"])

    with pytest.raises(Unacceptable, match=r"predicts row 1 here differently.*empty texts, which count as missing"):
        register(pipeline, table, "y")


def test_arrays_of_texts_and_numbers_keep_both():
    table = pl.DataFrame({"it": ["a", "b", "c"] * 8, "count": range(COUNT), "y": Y})
    pipeline = make_pipeline(FirstOfArray(), Ridge()).fit(table[["it", "count"]].to_numpy(), table["y"])

    assert register(pipeline, table, "y").record["registered"].input is InputKind.ARRAY


def test_files_are_frames_as_polars_reads_them():
    table = csv_table(
        ("it,word,y\n" + "".join(f"{i},{'yes' if i % 2 else 'no'},{Y[i]}\n" for i in range(COUNT))).encode()
    )
    frame = pl.DataFrame({"it": range(COUNT), "word": ["no", "yes"] * 12})
    pipeline = make_pipeline(Fussy(), Ridge()).fit(frame, Y)

    fitted = loaded(register(pipeline, None, "y", table))

    assert fitted.info.registered is not None
    assert fitted.info.registered.input is InputKind.POLARS
    assert np.allclose(fitted.predict(fitted.encoder.encode(table))[:, 0], pipeline.predict(frame), rtol=1e-12)


def test_files_are_frames_of_pandas_if_the_pipeline_takes_no_others():
    frame = pd.DataFrame({"it": ["a", "b", "c"] * 8, "on": ["true", "false"] * 12, "y": Y})
    read = pd.DataFrame({"it": frame["it"].astype(object), "on": [True, False] * 12})
    pipeline = make_pipeline(OfPandas(), Ridge()).fit(read, Y)

    fitted = loaded(register(pipeline, None, "y", csv_table(frame.to_csv(index=False).encode())))

    assert fitted.info.registered is not None
    assert fitted.info.registered.input is InputKind.PANDAS
