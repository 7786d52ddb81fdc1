"""How a pipeline is served: as what it takes rows, what its classes are, and whether it answers as it did elsewhere."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from mlapp.errors import Unacceptable, reason, shorten
from mlapp.ml.data.encoding import Encoder, known_only
from mlapp.ml.data.invalid_rows import reject_rows
from mlapp.ml.data.training_set import TrainingSet
from mlapp.ml.evaluation.out_of_fold import predict
from mlapp.ml.inference.compiled.pipeline import compile_members
from mlapp.ml.pipelines.fitted_pipeline import FittedClassifier, FittedPipeline, FittedRegressor, classes_of
from mlapp.ml.pipelines.frames import Native
from mlapp.ml.registration.checks import check_same
from mlapp.ml.registration.columns import make_frames, takes_texts
from mlapp.schemas import InputKind, Scalar, Task
from mlapp.tables.table import Table

TRIED_ROWS, COMPILED_ROWS, CHECKED_ROWS = 5, 1_000, 10_000
"""Rows that a kind of input is tried on, that a compiled pipeline is tested on, and whose answers are compared."""


def task_of(pipeline: Any) -> Task:
    """Return what a pipeline predicts.

    Raises:
        Unacceptable: it does not predict, is not fitted, or has no probabilities.
    """
    if isinstance(pipeline, type):
        raise Unacceptable(f"{pipeline.__name__} is a class; register an estimator that was fitted.")
    name = type(pipeline).__name__
    if not hasattr(pipeline, "predict"):
        raise Unacceptable(f"{name} has no method 'predict'; register an estimator, or a pipeline that ends with one.")
    try:
        check_is_fitted(pipeline)
    except NotFittedError:
        raise Unacceptable(f"{name} is not fitted; call fit() first.") from None
    except (AttributeError, TypeError):
        # Estimators without scikit-learn tell when they predict.
        pass
    if not (hasattr(pipeline, "classes_") or hasattr(pipeline, "predict_proba")):
        return Task.REGRESSION
    if not hasattr(pipeline, "predict_proba"):
        raise Unacceptable(
            f"{name} has no probabilities (predict_proba), which answers have; wrap it in CalibratedClassifierCV, "
            "or choose a classifier that has them."
        )
    return Task.CLASSIFICATION


def serve(pipeline: Any, rows: TrainingSet, native: Native | None) -> FittedPipeline:
    """Return a pipeline as an estimator of encoded rows, `rows.samples.X`, with the first kind of input that it takes.

    Raises:
        Unacceptable: it takes none, or predicts classes that the table does not have.
    """
    features, X = rows.signature.features, rows.samples.X
    frame = native if native is not None else _typed_frame(rows)
    errors = []
    for kind in _kinds(pipeline, native, len(features)):
        frames = make_frames(kind, features, frame)
        if rows.classes is None:
            served: FittedPipeline = FittedRegressor(pipeline, frames)
        else:
            served = FittedClassifier(pipeline, frames, _labels(pipeline, rows.classes, rows.target.values.name))
        try:
            predict(served, X[:TRIED_ROWS], rows.samples.classes)
        except (Unacceptable, ValueError) as error:
            errors.append(error.detail if isinstance(error, Unacceptable) else f"{reason(error)}.")
            continue
        return served
    raise Unacceptable(f"{errors[0].rstrip('.')}. Pass the table that the pipeline was fitted on, with the target.")


def _typed_frame(rows: TrainingSet) -> pl.DataFrame:
    """Return the frame of a file, with whole numbers as integers."""
    frame = rows.signature.frame
    whole = [
        each.name for each in rows.signature.features if each.type == "integer" and not frame[each.name].null_count()
    ]
    return frame.with_columns(frame[name].cast(pl.Int64) for name in whole)


def _kinds(pipeline: Any, native: Native | None, features: int) -> list[InputKind]:
    """Return the kinds of input that a pipeline may take, the likeliest first."""
    if takes_texts(pipeline):
        return [InputKind.TEXTS]
    frames = [InputKind.POLARS, InputKind.PANDAS]
    if native is not None:
        frames = [InputKind.POLARS if isinstance(native, pl.DataFrame) else InputKind.PANDAS]
    if hasattr(pipeline, "n_features_in_") and not hasattr(pipeline, "feature_names_in_"):
        return [InputKind.ARRAY, *frames]
    return [*frames, InputKind.ARRAY, *([InputKind.TEXTS] if features == 1 else [])]


def _labels(pipeline: Any, classes: Sequence[Scalar], target: str) -> list[Any]:
    """Return the classes as a pipeline spells them, in the order of the table's.

    Raises:
        Unacceptable: the table does not have them all.
    """
    own = {_key(label): label for label in classes_of(pipeline)}
    known = {_key(label): label for label in classes}
    if unknown := [label for key, label in own.items() if key not in known]:
        raise Unacceptable(
            f"The pipeline predicts {_listed(unknown)}, but '{shorten(target)}' has {_listed(classes)}; pass the table "
            "that it was fitted on, with the target as it was."
        )
    return [own.get(key, label) for key, label in known.items()]


def _key(label: Any) -> str:
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label).lower() if str(label).lower() in ("true", "false") else str(label)


def _listed(labels: Sequence[Any]) -> str:
    return ", ".join(f"'{shorten(label, 30)}'" for label in labels[:5]) + (", …" if len(labels) > 5 else "")


def check_answers(pipeline: Any, served: FittedPipeline, table: Table, rows: TrainingSet, native: Native | None) -> str:
    """Check that rows of the table are answered as by the pipeline itself; return a warning, or an empty text.

    Raises:
        Unacceptable: they are not.
    """
    encoder = Encoder(rows.signature.features, rows.embeddings)
    encoded = encoder.encode_rows(table)
    reject_rows(table, encoded.invalid)
    chosen = np.unique(np.linspace(0, table.height - 1, CHECKED_ROWS, dtype=int))
    x = known_only(encoder.matrix(encoded.at(chosen)))
    found = predict(served, x, rows.samples.classes)
    given = served.frames.make(x) if native is None else _rows_of(native, served, chosen)
    if rows.classes is None:
        check_same(np.asarray(pipeline.predict(given), dtype=float), found, "here")
        return ""
    check_same(np.asarray(pipeline.predict_proba(given)), found[:, served.classes_], "here")
    likeliest = np.asarray(served.labels, dtype=object)[found.argmax(axis=1)]
    other = int(np.sum(likeliest != np.asarray(pipeline.predict(given), dtype=object)))
    if not other:
        return ""
    return (
        f"In {other:,} of {len(chosen):,} rows, predict() of the pipeline is not its most probable class, which "
        "is answered here. If it has a threshold, set it for the model."
    )


def _rows_of(native: Native, served: FittedPipeline, rows: np.ndarray) -> Native:
    """Return rows of a frame as the pipeline takes them."""
    names = [column.name for column in served.frames.columns]
    frame = native[rows] if isinstance(native, pl.DataFrame) else native.iloc[rows]
    if served.frames.kind is InputKind.TEXTS:
        return frame[names[0]].to_numpy()
    return frame[names].to_numpy() if served.frames.kind is InputKind.ARRAY else frame[names]


def is_compiled(served: FittedPipeline, rows: TrainingSet) -> bool:
    """Return whether a pipeline answers alike when it is compiled as a function of the encoded rows."""
    if rows.embeddings:
        return False
    count, X = rows.samples.classes, rows.samples.X[:COMPILED_ROWS]
    candidate = type(served)(served.pipeline, served.frames, served.labels, is_matrix=True)
    try:
        # An estimator that warns of columns without names is not compiled, and would do so in every request.
        with warnings.catch_warnings(action="error"):
            compiled = compile_members(candidate, None, count, X.shape[1]).many(X)
        check_same(predict(served, X, count).reshape(len(X), -1), compiled, "compiled")
    except Exception:  # noqa: BLE001 - estimators that the compiler does not know may raise anything
        return False
    return True
