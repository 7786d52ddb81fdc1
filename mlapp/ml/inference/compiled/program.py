"""Programs: what all members of a model add up, in as few steps as possible.

A program collects sums: of the values of all trees, in one evaluation, and of products of features and weights, in one
for all linear models with the same preprocessing. What remains of an estimator is a function of these sums.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import joblib
import numpy as np
from sklearn.base import BaseEstimator

from mlapp.ml.inference.compiled.boosting import trees_of
from mlapp.ml.inference.compiled.columns import Column, Inputs, columns_of
from mlapp.ml.inference.compiled.forest import compile_forest
from mlapp.ml.inference.compiled.functions import ArrayFunction, Compiled, chain, rows_of
from mlapp.ml.inference.compiled.steps import compile_steps, product_of
from mlapp.ml.inference.compiled.trees import Trees

Steps = Sequence[Any]
"""Fitted transformers, one after the other."""


class Parts(NamedTuple):
    """A function of features as a function of sums."""

    sources: list[ArrayFunction]
    """Compute the sums from features, (rows, columns) to (rows, sums)."""
    products: frozenset[int]
    """Numbers of the sources that are products of transformed features and weights."""
    last: ArrayFunction
    """Takes the list of all sums."""

    def many(self, x: np.ndarray) -> np.ndarray:
        """Return the function of features, (rows, columns) to (rows, outputs)."""
        return self.last([source(x) for source in self.sources])


class Program:
    """Sums of all members of a model: of trees, of products, and predictions of estimators that are not compiled."""

    def __init__(self, features: int) -> None:
        self._features = features
        self._inputs, self._trees = Inputs(features), Trees()
        self._products: dict[str, tuple[Steps, list[np.ndarray]]] = {}
        self._sources: list[Callable[[], Compiled]] = []
        self._numbers: dict[str, int] = {}

    def _source(self, name: str, make: Callable[[], Compiled]) -> int:
        """Return the number of a source of sums."""
        if name not in self._numbers:
            self._numbers[name] = len(self._sources)
            self._sources.append(make)
        return self._numbers[name]

    def trees(self, steps: Steps, boosting: Any) -> Compiled:
        """Return the sums of an estimator's trees."""
        columns = [Column(index) for index in range(self._features)]
        for step in steps:
            columns = columns_of(step, columns, self._inputs)
        added = [self._trees.add(trees) for trees in trees_of(boosting, columns)]
        number = self._source("trees", lambda: chain([self._inputs.compiled(), self._trees.compiled()]))
        return _read(number, added[0], len(added))

    def products(self, steps: Steps, weights: np.ndarray) -> Compiled:
        """Return the product of transformed features and weights (columns, sums)."""
        key: str = joblib.hash(steps)
        _, columns = self._products.setdefault(key, (steps, []))
        first = next((index for index, column in enumerate(columns) if np.array_equal(column, weights[:, 0])), -1)
        if first < 0 or weights.shape[1] > 1:
            first = len(columns)
            columns += list(weights.T)
        number = self._source(key, lambda: product_of(steps, np.column_stack(columns)))
        return _read(number, first, weights.shape[1])

    def forest(self, steps: Steps, forest: Any) -> Compiled:
        """Return the mean of trees with any number of leaves."""
        number = self._source(str(id(forest)), lambda: chain([compile_steps(steps), compile_forest(forest)]))
        return _read(number, 0, forest.estimators_[0].tree_.value.shape[2])

    def original(self, steps: Steps, estimator: BaseEstimator) -> Compiled:
        """Return the prediction of an estimator that is not compiled."""
        classifies = hasattr(estimator, "predict_proba")
        predict = estimator.predict_proba if classifies else estimator.predict
        width = len(estimator.classes_) if classifies else 1

        def many(x: np.ndarray) -> np.ndarray:
            for step in steps:
                x = step.transform(x)
            return np.asarray(predict(x), dtype=float).reshape(-1, width)

        return _read(self._source(str(len(self._sources)), lambda: Compiled(many)), 0, width)

    def parts(self, function: Compiled) -> Parts:
        """Return a function of the sums with its sources."""
        products = frozenset(self._numbers[name] for name in self._products)
        return Parts([make().many for make in self._sources], products, function.many)

    def compiled(self, function: Compiled) -> Compiled:
        """Return a function of the sums as a function of features."""
        sources = [make() for make in self._sources]
        functions = rows_of(sources)

        def many(x: np.ndarray) -> np.ndarray:
            return function.many([source.many(x) for source in sources])

        if functions is None:
            return Compiled(many)
        last = function.of_row
        return Compiled(many, (lambda row: last([function(row) for function in functions]),))


def _read(number: int, start: int, width: int) -> Compiled:
    """Return the function that takes the sums of all sources, and returns some of them."""
    stop = start + width
    return Compiled(lambda sums: sums[number][:, start:stop], (lambda sums: sums[number][start:stop],))
