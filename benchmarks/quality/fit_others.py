"""Fit what people would install instead on given splits; runs in an interpreter that has the library, without mlapp.

    python fit_others.py catboost|lightgbm|hgb|flaml|autogluon job.json

`benchmarks.quality.runs` writes the job. Columns are given as a careful user of pandas would: dates parsed, texts as
categories. One thread; time limits count CPU seconds, as other programs may share the machine.
"""

import json
import pickle
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame as Frame

MAX_CATEGORIES = 255
"""scikit-learn's boosting takes no more categories; columns with more are given as numbers."""
LATENCY_ROUNDS, LATENCY_S = 5, 0.05

Job = dict[str, Any]


@dataclass
class Fitted:
    """A fitted model."""

    predict: Callable[[Frame], np.ndarray]
    """Returns values, (rows,), or probabilities, (rows, classes)."""
    classes: list[str]
    """Labels in the order of the probabilities; empty for regression."""
    size: int
    """Bytes of the stored model."""


def catboost(X: Frame, y: pd.Series, job: Job) -> Fitted:
    """Fit CatBoost's defaults."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    kind = CatBoostClassifier if job["classification"] else CatBoostRegressor
    categories = [name for name in X if _is_category(X[name])]
    model = kind(thread_count=1, random_seed=0, verbose=0, allow_writing_files=False, cat_features=categories)
    model.fit(X, y)
    return _fitted(model, _size(model.save_model), job)


def lightgbm(X: Frame, y: pd.Series, job: Job) -> Fitted:
    """Fit LightGBM's defaults."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    kind = LGBMClassifier if job["classification"] else LGBMRegressor
    model = kind(n_jobs=1, random_state=0, verbose=-1).fit(X, y)
    return _fitted(model, len(model.booster_.model_to_string()), job)


def hgb(X: Frame, y: pd.Series, job: Job) -> Fitted:
    """Fit the defaults of scikit-learn's boosting."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if job["classification"] else HistGradientBoostingRegressor
    model = kind(random_state=0, categorical_features="from_dtype").fit(X, y)
    return _fitted(model, len(pickle.dumps(model)), job)


def flaml(X: Frame, y: pd.Series, job: Job) -> Fitted:
    """Fit FLAML within a time limit."""
    from flaml import AutoML

    model = AutoML()
    task, metric = ("classification", "log_loss") if job["classification"] else ("regression", "rmse")
    limit = {"time_budget": job["limit_s"]}
    model.fit(X, y, task=task, metric=metric, n_jobs=1, seed=0, verbose=0, **limit)
    return _fitted(model, len(pickle.dumps(model.model)), job)


def autogluon(X: Frame, y: pd.Series, job: Job) -> Fitted:
    """Fit AutoGluon's preset `medium_quality` within a time limit."""
    from autogluon.tabular import TabularPredictor

    classes = y.nunique() if job["classification"] else 0
    predictor = TabularPredictor(
        label=job["target"],
        problem_type={0: "regression", 2: "binary"}.get(classes, "multiclass"),
        eval_metric="log_loss" if classes else "root_mean_squared_error",
        path=tempfile.mkdtemp(dir=job["scratch"]),
        verbosity=0,
    )
    training = X.assign(**{job["target"]: y})
    predictor.fit(training, presets="medium_quality", time_limit=job["limit_s"], num_cpus=1, num_gpus=0)
    predictor.persist()
    predict = predictor.predict_proba if classes else predictor.predict
    labels = [str(label) for label in predictor.class_labels or []] if classes else []
    return Fitted(lambda rows: predict(rows).to_numpy(), labels, predictor.disk_usage())


FITS = {"catboost": catboost, "lightgbm": lightgbm, "hgb": hgb, "flaml": flaml, "autogluon": autogluon}


def _fitted(model: Any, size: int, job: Job) -> Fitted:
    if job["classification"]:
        return Fitted(model.predict_proba, [str(label) for label in model.classes_], size)
    return Fitted(model.predict, [], size)


def _size(save: Callable[[str], None]) -> int:
    """Return the size of the file that a function writes."""
    with tempfile.NamedTemporaryFile() as file:
        save(file.name)
        return Path(file.name).stat().st_size


def _is_category(column: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column))


def features(name: str, job: Job) -> tuple[Frame, pd.Series]:
    """Return features and target as the library takes them."""
    target, types = job["target"], {job["target"]: str} if job["classification"] else None
    frame = pd.read_csv(job["csv"], dtype=types)
    X, y = frame.drop(columns=target), frame[target]
    for date in job["dates"]:
        X[date] = pd.to_datetime(X[date]).dt.tz_localize(None)
    if name == "autogluon":
        return X, y
    for date in job["dates"]:
        X = X.drop(columns=date).assign(**_parts(date, X[date]))
    for column in X:
        if X[column].dtype == bool or _is_category(X[column]):
            X[column] = _category(X[column], name)
    return X, y


def _parts(name: str, dates: pd.Series) -> dict[str, pd.Series]:
    """Return a date as days and as its parts, those that vary."""
    days = (dates - pd.Timestamp(2000, 1, 1)) / pd.Timedelta(days=1)
    parts = {part: getattr(dates.dt, part) for part in ("year", "month", "day", "dayofweek", "hour", "minute")}
    return {name: days} | {f"{name}_{part}": values for part, values in parts.items() if values.max() > values.min()}


def _category(column: pd.Series, name: str) -> pd.Series:
    if name == "catboost":
        return column.astype(object).where(column.notna(), "missing").astype(str)
    category = column.astype("category")
    return category.cat.codes if name == "hgb" and len(category.cat.categories) > MAX_CATEGORIES else category


def _latency_us(predict: Callable[[Frame], np.ndarray], rows: Frame) -> float:
    """Return the microseconds that a single row takes: the mean of the fastest of several rounds."""
    means = []
    for _ in range(LATENCY_ROUNDS):
        began, count = time.perf_counter(), 0
        while time.perf_counter() < began + LATENCY_S:
            predict(rows.iloc[[count % len(rows)]])
            count += 1
        means.append((time.perf_counter() - began) / count)
    return min(means) * 1e6


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def main(name: str, path: str) -> None:
    """Fit every split of the job and save its predictions."""
    job = json.loads(Path(path).read_text())
    X, y = features(name, job)
    for one in job["splits"]:
        training, test = one["training"], one["test"]
        began = _cpu_s()
        fitted = FITS[name](X.iloc[training].reset_index(drop=True), y.iloc[training].reset_index(drop=True), job)
        seconds, rows = _cpu_s() - began, X.iloc[test].reset_index(drop=True)
        predicted = np.asarray(fitted.predict(rows), dtype=float)
        facts: Job = {"seconds": seconds, "bytes": fitted.size, "row_us": _latency_us(fitted.predict, rows)}
        part = Path(one["result"]).with_suffix(".part.npz")
        np.savez_compressed(part, predicted=predicted, classes=np.array(fitted.classes, dtype=str), **facts)
        part.rename(one["result"])


if __name__ == "__main__":
    if sys.argv[1] in ("flaml", "autogluon"):
        # Their time limits read this clock.
        started = time.time() - time.process_time()
        time.time = lambda: started + time.process_time()
    main(*sys.argv[1:])
