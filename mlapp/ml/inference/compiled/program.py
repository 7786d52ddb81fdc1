"""Programs: what all members of a model add up, in as few steps as possible.

A program collects sums: of the values of all trees, in one evaluation, and of products of features and weights, in one
for all linear models with the same preprocessing. What remains of an estimator is a function of these sums.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import joblib
import numpy as np
from sklearn.base import BaseEstimator

from mlapp.ml.inference.compiled.boosting import trees_of
from mlapp.ml.inference.compiled.columns import Column, Inputs, columns_of
from mlapp.ml.inference.compiled.forest import compile_forest
from mlapp.ml.inference.compiled.formulas import Formula
from mlapp.ml.inference.compiled.functions import ArrayFunction, Compiled, RowFunction, chain, of_formula, rows_of
from mlapp.ml.inference.compiled.rows.blocks import Block, Number, blocks_of
from mlapp.ml.inference.compiled.rows.similarities import similarities
from mlapp.ml.inference.compiled.rows.sums import Sums
from mlapp.ml.inference.compiled.steps import compile_steps, flat, product_of
from mlapp.ml.inference.compiled.trees import Trees
from mlapp.ml.recipes.kernel import RbfFeatures

Steps = Sequence[Any]
"""Fitted transformers, one after the other."""


class Member(NamedTuple):
    """A fitted estimator whose trees are added to sums."""

    steps: Steps
    """What its features are transformed by."""
    estimator: Any
    first: int
    """Index of its first sum in the source."""


class Parts(NamedTuple):
    """A function of features as a function of sums."""

    sources: list[ArrayFunction]
    """Compute the sums from features, (rows, columns) to (rows, sums)."""
    products: frozenset[int]
    """Numbers of the sources that are products of transformed features and weights."""
    last: ArrayFunction
    """Takes the list of all sums."""
    trees: Mapping[int, Sequence[Member]] = MappingProxyType({})
    """Estimators whose trees a source adds up, by its number."""
    formula: Formula | None = None
    """What `last` computes of the sums, if it is a single value."""

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
        self._members: dict[int, list[Member]] = {}

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
        number = self._source("trees", self._all_trees)
        self._members.setdefault(number, []).append(Member(steps, boosting, added[0]))
        return _read(number, added[0], len(added))

    def _all_trees(self) -> Compiled:
        trees = self._trees.compiled()
        return Compiled(chain([self._inputs.compiled(), trees]).many, trees.rows)

    def products(self, steps: Steps, weights: np.ndarray) -> Compiled:
        """Return the product of transformed features and weights (columns, sums)."""
        key: str = joblib.hash(steps)
        _, columns = self._products.setdefault(key, (steps, []))
        first = next((index for index, column in enumerate(columns) if np.array_equal(column, weights[:, 0])), -1)
        if first < 0 or weights.shape[1] > 1:
            first = len(columns)
            columns += list(weights.T)
        number = self._source(key, lambda: self._product(steps, np.column_stack(columns)))
        return _read(number, first, weights.shape[1])

    def _product(self, steps: Steps, weights: np.ndarray) -> Compiled:
        many = product_of(steps, weights).many
        try:
            one = self._row_product(flat(steps), weights)
        except Exception:  # noqa: BLE001 - transformers that the compiler does not know may raise anything
            return self._with_rows(many)
        return Compiled(many, (one,))

    def _with_rows(self, many: ArrayFunction) -> Compiled:
        """Return a function of the features, which are followed by other inputs in single rows."""
        features = self._features
        return Compiled(many, (lambda row: many(np.array([row[:features]]))[0].tolist(),))

    def _row_product(self, steps: Steps, weights: np.ndarray) -> RowFunction:
        """Return the product for a single row."""
        blocks: list[Block] = [Number(index) for index in range(self._features)]
        if steps and isinstance(steps[-1], RbfFeatures):
            for step in steps[:-1]:
                blocks = blocks_of(step, blocks, self._inputs)
            return similarities(steps[-1], weights, blocks)
        sums = Sums(self._inputs, weights.shape[1])
        sums.add(steps, weights, blocks)
        return sums.compiled()

    def forest(self, steps: Steps, forest: Any) -> Compiled:
        """Return the mean of trees with any number of leaves."""
        number = self._source(str(id(forest)), lambda: self._with_rows(_forest(steps, forest)))
        self._members[number] = [Member(steps, forest, 0)]
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
        sources = [make().many for make in self._sources]
        return Parts(sources, products, function.many, self._members, function.formula)

    def compiled(self, function: Compiled) -> Compiled:
        """Return a function of the sums as a function of features."""
        sources = [make() for make in self._sources]
        functions, inputs, last = rows_of(sources), self._inputs.compiled(), function.of_row

        def many(x: np.ndarray) -> np.ndarray:
            return function.many([source.many(x) for source in sources])

        if functions is None or inputs.rows is None:
            return Compiled(many)
        if len(functions) == 1:
            [only] = functions
            return Compiled(many, (*inputs.rows, lambda row: last([only(row)])))
        return Compiled(many, (*inputs.rows, lambda row: last([function(row) for function in functions])))


def _forest(steps: Steps, forest: Any) -> ArrayFunction:
    return chain([compile_steps(steps), compile_forest(forest)]).many


def _read(number: int, start: int, width: int) -> Compiled:
    """Return the function that takes the sums of all sources, and returns some of them."""
    stop = start + width

    def many(sums: list[np.ndarray]) -> np.ndarray:
        return sums[number][:, start:stop]

    if width == 1:
        return of_formula(many, Formula(((number, start, 1.0),)))
    return Compiled(many, (lambda sums: sums[number][start:stop],))
