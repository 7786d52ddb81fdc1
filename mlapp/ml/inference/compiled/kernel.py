"""Compiled kernel features: the similarity of a row to some training rows, times weights."""

import numpy as np

from mlapp.ml.inference.compiled.functions import Compiled, Row
from mlapp.ml.recipes.kernel import RbfFeatures


def kernel_product(step: RbfFeatures, weights: np.ndarray) -> Compiled:
    """Compile the product of kernel features and weights (components, sums).

    The features are similarities times a matrix; both matrices become one. The squared distance to a component c is
    |x|² - 2 x·c + |c|².
    """
    weights = step.normalization_ @ weights
    products = np.ascontiguousarray(2 * step.gamma_ * step.components_.T)
    constants = -step.gamma_ * (step.components_**2).sum(axis=1)
    gamma = step.gamma_

    def many(x: np.ndarray) -> np.ndarray:
        # A product for each row: the weighted similarities are 10⁴ times as large as their sum, so that the order of
        # the sum matters, which in one product of matrices depends on the number of rows.
        rows = x[:, None, :]
        exponents = rows @ products + constants - gamma * (rows**2).sum(axis=2, keepdims=True)
        values: np.ndarray = (np.exp(np.minimum(exponents, 0.0)) @ weights)[:, 0]
        return values

    def one(row: Row) -> Row:
        return many(np.array([row]))[0].tolist()  # type: ignore[no-any-return]

    return Compiled(many, (one,))
