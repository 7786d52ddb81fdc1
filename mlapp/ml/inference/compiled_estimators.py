"""Compiled estimators: what they predict, as a function of sums that all members of a model share.

A `Program` collects what a model adds up: the values of all trees, in one evaluation, and products of features and
weights, in one for all linear models with the same preprocessing. What remains of an estimator is a function of these
sums: a constant, a link, a weighted mean.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from operator import mul
from typing import Any

import joblib
import numpy as np
from sklearn._loss.link import IdentityLink, LogLink
from sklearn.base import BaseEstimator, is_classifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.pipeline import Pipeline

from mlapp.ml.evaluation.calibration import CalibratedClassifier, apply_temperature, temper
from mlapp.ml.inference.compiled_boosting import trees_of
from mlapp.ml.inference.compiled_columns import Column, Inputs, columns_of
from mlapp.ml.inference.compiled_forest import compile_forest
from mlapp.ml.inference.compiled_functions import Compiled, Row, added, chain, plus, probabilities_of
from mlapp.ml.inference.compiled_steps import compile_steps, flat, product_of
from mlapp.ml.inference.compiled_trees import Trees
from mlapp.ml.recipes.ensemble import Ensemble
from mlapp.ml.recipes.log_target import LogTargetRegressor
from mlapp.ml.recipes.residual import ResidualRegressor

Steps = Sequence[Any]
"""Fitted transformers, one after the other."""


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
        sums = trees_of(boosting, columns)
        first = [self._trees.add(trees) for trees in sums][0]
        number = self._source("trees", lambda: chain([self._inputs.compiled(), self._trees.compiled()]))
        return _read(number, first, len(sums))

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
        predict = estimator.predict_proba if is_classifier(estimator) else estimator.predict
        width = len(estimator.classes_) if is_classifier(estimator) else 1

        def many(x: np.ndarray) -> np.ndarray:
            for step in steps:
                x = step.transform(x)
            return np.asarray(predict(x), dtype=float).reshape(-1, width)

        return _read(self._source(str(len(self._sources)), lambda: Compiled(many)), 0, width)

    def compiled(self, function: Compiled) -> Compiled:
        """Return a function of the sums as a function of features."""
        sources = [make() for make in self._sources]
        functions = [source.one for source in sources]

        def many(x: np.ndarray) -> np.ndarray:
            return function.many([source.many(x) for source in sources])

        def one(row: Row) -> Row:
            return last([make(row) for make in functions])

        last = function.one
        return Compiled(many, (one,) if last and all(functions) else None)


def _read(number: int, start: int, width: int) -> Compiled:
    """Return the function that takes the sums of all sources, and returns some of them."""
    stop = start + width
    return Compiled(lambda sums: sums[number][:, start:stop], (lambda sums: sums[number][start:stop],))


def compile_estimator(estimator: BaseEstimator, program: Program, steps: Steps = ()) -> Compiled:
    """Compile an estimator to a function of the program's sums; `steps` have transformed its features."""
    if isinstance(estimator, Pipeline):
        *first, last = flat([estimator])
        return compile_estimator(last, program, [*steps, *first])
    try:
        return _COMPILERS[type(estimator)](estimator, program, steps)
    except Exception:  # noqa: BLE001 - estimators that the compiler does not know may raise anything
        return program.original(steps, estimator)


def _linear(step: Any, program: Program, steps: Steps) -> Compiled:
    weights = np.asarray(step.coef_, dtype=float).T.reshape(step.coef_.shape[-1], -1)
    return plus(program.products(steps, weights), np.atleast_1d(step.intercept_))


def _logistic(step: LogisticRegression, program: Program, steps: Steps) -> Compiled:
    """Compile a logistic regression: sigmoid for two classes, softmax for more."""

    def sigmoid(x: np.ndarray) -> np.ndarray:
        second = 1 / (1 + np.exp(-x))
        return np.concatenate([1 - second, second], axis=1)

    def softmax(x: np.ndarray) -> np.ndarray:
        powers = np.exp(x - x.max(axis=1, keepdims=True))
        probabilities: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
        return probabilities

    probabilities = Compiled(sigmoid if len(step.classes_) == 2 else softmax, (probabilities_of,))
    return chain([_linear(step, program, steps), probabilities])


def _boosting(step: Any, program: Program, steps: Steps) -> Compiled:
    """Compile histogram gradient boosting."""
    loss = step._loss  # noqa: SLF001 - its trees are private, too
    sums = program.trees(steps, step)
    if isinstance(step, HistGradientBoostingClassifier):
        return chain([sums, Compiled(loss.predict_proba, (probabilities_of,))])
    return chain([sums, _INVERSE_LINKS[type(loss.link)]])


def _forest(step: Any, program: Program, steps: Steps) -> Compiled:
    return program.forest(steps, step)


def _residual(step: ResidualRegressor, program: Program, steps: Steps) -> Compiled:
    return _mean([compile_estimator(part, program, steps) for part in (step.smooth_, step.trees_)], [1.0, 1.0])


def _log_target(step: LogTargetRegressor, program: Program, steps: Steps) -> Compiled:
    highest, factor = step.highest_, step.smearing_
    inverse = Compiled(
        lambda x: np.exp(np.minimum(x, highest)) * factor, (lambda row: [math.exp(min(row[0], highest)) * factor],)
    )
    return chain([compile_estimator(step.regressor_, program, steps), inverse])


def _ensemble(step: Ensemble, program: Program, steps: Steps) -> Compiled:
    members = [compile_estimator(member, program, steps) for _, member in step.members]
    if is_classifier(step.members[0][1]):
        classes = step.classes_
        members = [
            with_classes(function, np.searchsorted(classes, member.classes_), len(classes))
            for function, (_, member) in zip(members, step.members, strict=True)
        ]
    return _mean(members, step.weights)


def _mean(members: list[Compiled], weights: Sequence[float]) -> Compiled:
    """Return the weighted mean of functions of the same sums."""

    def many(x: np.ndarray) -> np.ndarray:
        terms = [weight * member.many(x) for member, weight in zip(members, weights, strict=True)]
        return sum(terms[1:], terms[0])

    functions = [member.one for member in members]

    def one(row: Row) -> Row:
        found = [function(row) for function in functions]
        return [sum(map(mul, weights, values)) for values in zip(*found, strict=True)]

    return Compiled(many, (one,) if all(functions) else None)


def with_classes(function: Compiled, known: np.ndarray, classes: int) -> Compiled:
    """Add columns of zeros for classes that an estimator does not know; it knows those at the indices `known`."""
    if len(known) == classes:
        return function

    def many(x: np.ndarray) -> np.ndarray:
        probabilities = np.zeros((len(x), classes))
        probabilities[:, known] = x
        return probabilities

    positions = known.tolist()

    def one(row: Row) -> Row:
        probabilities = [0.0] * classes
        for index, probability in zip(positions, row, strict=True):
            probabilities[index] = probability
        return probabilities

    return chain([function, Compiled(many, (one,))])


def _calibrated(step: CalibratedClassifier, program: Program, steps: Steps) -> Compiled:
    temperature = step.temperature
    calibrate = Compiled(lambda x: apply_temperature(x, temperature), (lambda row: temper(row, temperature),))
    return chain([compile_estimator(step.estimator, program, steps), calibrate])


_INVERSE_LINKS: dict[type, Compiled] = {
    IdentityLink: Compiled(lambda x: x, ()),
    LogLink: Compiled(np.exp, (lambda row: [math.exp(row[0])],)),
}

_COMPILERS: dict[type, Callable[[Any, Program, Steps], Compiled]] = {
    Ridge: _linear,
    RidgeCV: _linear,
    LogisticRegression: _logistic,
    HistGradientBoostingRegressor: _boosting,
    HistGradientBoostingClassifier: _boosting,
    ExtraTreesRegressor: _forest,
    ExtraTreesClassifier: _forest,
    RandomForestRegressor: _forest,
    RandomForestClassifier: _forest,
    ResidualRegressor: _residual,
    LogTargetRegressor: _log_target,
    Ensemble: _ensemble,
    CalibratedClassifier: _calibrated,
}
