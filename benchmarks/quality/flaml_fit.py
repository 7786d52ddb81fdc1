"""Fit FLAML on given splits: run by `benchmarks.quality.accuracy` in an interpreter that has FLAML.

    python flaml_fit.py splits.npz predicted.npz

splits.npz holds for each split `i`: `X{i}` and `y{i}` to fit on, `T{i}` to predict, `budget{i}` in seconds, and
`categories{i}`, the indices of the columns of category codes. `classes` is 0 for regression.
"""

import sys

import numpy as np
import pandas as pd
from flaml import AutoML


def frames(X: np.ndarray, T: np.ndarray, categories: list[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return training and test rows with pandas categories."""
    both = pd.DataFrame(np.vstack([X, T]), columns=[f"c{index}" for index in range(X.shape[1])])
    for index in categories:
        codes = both[f"c{index}"].map(lambda code: None if np.isnan(code) else f"k{int(code)}")
        both[f"c{index}"] = pd.Categorical(codes, categories=codes[: len(X)].dropna().unique())
    return both[: len(X)], both[len(X) :]


def main(source: str, target: str) -> None:
    """Fit on every split and save the predictions."""
    splits = np.load(source)
    classes, predicted = int(splits["classes"]), {}
    for index in range(sum(name.startswith("X") for name in splits)):
        training, test = frames(*(splits[f"{part}{index}"] for part in ("X", "T", "categories")))
        model = AutoML()
        model.fit(
            training,
            splits[f"y{index}"],
            task="classification" if classes else "regression",
            metric="log_loss" if classes else "rmse",
            time_budget=float(splits[f"budget{index}"]),
            n_jobs=1,
            seed=0,
            verbose=0,
        )
        predicted[f"p{index}"] = model.predict_proba(test) if classes else model.predict(test)
    np.savez(target, **predicted)


if __name__ == "__main__":
    main(*sys.argv[1:])
