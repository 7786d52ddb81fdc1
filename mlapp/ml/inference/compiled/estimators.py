"""Compiled estimators: what they predict, as a function of the sums of a program (`Program`).

What the members of a model add up is evaluated together; here are the constants, links and weighted means that remain.
"""

import math
from collections.abc import Callable, Sequence
from functools import reduce
from operator import mul
from typing import Any, cast

import numpy as np
from sklearn._loss.link import IdentityLink, LogLink
from sklearn.base import BaseEstimator
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
from mlapp.ml.inference.compiled.formulas import Formula
from mlapp.ml.inference.compiled.functions import Compiled, Row, chain, of_formula, plus, probabilities_of
from mlapp.ml.inference.compiled.program import Program, Steps
from mlapp.ml.inference.compiled.steps import flat
from mlapp.ml.pipelines.fitted_pipeline import FittedClassifier, FittedPipeline, FittedRegressor
from mlapp.ml.recipes.balanced import BalancedClassifier, at_rates, at_rates_of_row
from mlapp.ml.recipes.boosting.early_stopping import EarlyStoppingClassifier, EarlyStoppingRegressor
from mlapp.ml.recipes.ensemble import Ensemble
from mlapp.ml.recipes.log_target import LogTargetRegressor
from mlapp.ml.recipes.residual import ResidualRegressor
from mlapp.ml.recipes.sampled import SampledEstimator


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
    return _INVERSE_LINKS[type(loss.link)](sums)


def _forest(step: Any, program: Program, steps: Steps) -> Compiled:
    return program.forest(steps, step)


def _residual(step: ResidualRegressor, program: Program, steps: Steps) -> Compiled:
    return _sum([compile_estimator(part, program, steps) for part in (step.smooth_, step.trees_)], [1.0, 1.0])


def _sampled(step: SampledEstimator, program: Program, steps: Steps) -> Compiled:
    return compile_estimator(step.estimator_, program, steps)


def _log_target(step: LogTargetRegressor, program: Program, steps: Steps) -> Compiled:
    highest, factor = step.highest_, step.smearing_
    return _exponential(compile_estimator(step.regressor_, program, steps), factor, highest)


def _exponential(power: Compiled, factor: float = 1.0, highest: float = math.inf) -> Compiled:
    """Return the exponential of a function, up to the highest power, times a factor."""
    many, formula = power.many, cast("Formula", power.formula)
    return of_formula(
        lambda sums: np.exp(np.minimum(many(sums), highest)) * factor, formula.exponential(factor, highest)
    )


def _ensemble(step: Ensemble, program: Program, steps: Steps) -> Compiled:
    members = [compile_estimator(member, program, steps) for _, member in step.members]
    if not hasattr(step.members[0][1], "predict_proba"):
        return _sum(members, step.weights)
    classes = step.classes_
    probabilities = [
        with_classes(function, np.searchsorted(classes, member.classes_), len(classes))
        for function, (_, member) in zip(members, step.members, strict=True)
    ]
    return _sum(probabilities, step.weights)


def _sum(members: list[Compiled], weights: Sequence[float]) -> Compiled:
    """Return the weighted sum of functions of the same sums."""

    def many(sums: list[np.ndarray]) -> np.ndarray:
        terms = [weight * member.many(sums) for member, weight in zip(members, weights, strict=True)]
        return sum(terms[1:], terms[0])

    formulas = [member.formula for member in members if member.formula]
    if len(formulas) == len(members):
        return of_formula(many, reduce(Formula.plus, map(Formula.times, formulas, weights)))
    functions = [member.of_row for member in members]

    def one(sums: list[Row]) -> Row:
        found = [function(sums) for function in functions]
        return [sum(map(mul, weights, values)) for values in zip(*found, strict=True)]

    return Compiled(many, (one,))


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


def _balanced(step: BalancedClassifier, program: Program, steps: Steps) -> Compiled:
    rates, of_row = step.rates_, step.rates_.tolist()
    scale = Compiled(lambda x: at_rates(x, rates), (lambda row: at_rates_of_row(row, of_row),))
    return chain([compile_estimator(step.weighted, program, steps), scale])


def _fitted_elsewhere(step: FittedPipeline, program: Program, steps: Steps) -> Compiled:
    if not step.is_matrix:
        return program.original(steps, step)
    return compile_estimator(step.pipeline, program, steps)


_INVERSE_LINKS: dict[type, Callable[[Compiled], Compiled]] = {IdentityLink: lambda sums: sums, LogLink: _exponential}

_COMPILERS: dict[type, Callable[[Any, Program, Steps], Compiled]] = {
    Ridge: _linear,
    RidgeCV: _linear,
    LogisticRegression: _logistic,
    HistGradientBoostingRegressor: _boosting,
    HistGradientBoostingClassifier: _boosting,
    EarlyStoppingRegressor: _boosting,
    EarlyStoppingClassifier: _boosting,
    ExtraTreesRegressor: _forest,
    ExtraTreesClassifier: _forest,
    RandomForestRegressor: _forest,
    RandomForestClassifier: _forest,
    ResidualRegressor: _residual,
    SampledEstimator: _sampled,
    LogTargetRegressor: _log_target,
    Ensemble: _ensemble,
    CalibratedClassifier: _calibrated,
    BalancedClassifier: _balanced,
    FittedRegressor: _fitted_elsewhere,
    FittedClassifier: _fitted_elsewhere,
}
