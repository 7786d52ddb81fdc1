"""Compiled kernel features: the similarity of a row to some training rows, times weights."""

import numpy as np

from mlapp.ml.inference.compiled_functions import Compiled, Row
from mlapp.ml.recipes.kernel import RbfFeatures


def kernel_product(step: RbfFeatures, weights: np.ndarray) -> Compiled:
    """Compile the product of kernel features and weights (components, sums).

    The features are similarities times a matrix; both matrices become one. The squared distance to a component c is
    |x|² - 2 x·c + |c|².
    """
    weights = step.normalization_ @ weights
    products = 2 * step.gamma_ * step.components_.T
    constants = -step.gamma_ * (step.components_**2).sum(axis=1)
    gamma, transposed = step.gamma_, np.ascontiguousarray(products.T)

    def many(x: np.ndarray) -> np.ndarray:
        exponents = x @ products + constants - gamma * (x**2).sum(axis=1, keepdims=True)
        values: np.ndarray = np.exp(np.minimum(exponents, 0.0)) @ weights
        return values

    def one(row: Row) -> Row:
        x = np.array(row)
        exponents = transposed @ x + constants - gamma * (x @ x)
        return (np.exp(np.minimum(exponents, 0.0)) @ weights).tolist()  # type: ignore[no-any-return]

    return Compiled(many, (one,))
