"""Compiled functions: a step as a function of arrays and of single rows, and their compositions."""

import math
from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from typing import Any, NamedTuple

import numpy as np

from mlapp.ml.inference.compiled.formulas import Formula

Row = Sequence[float]
ArrayFunction = Callable[[Any], np.ndarray]
"""Maps a matrix (rows, columns), or a list of several, to a matrix."""
RowFunction = Callable[[Any], Row]
"""Maps a row without missing values, or a list of several, to a row."""


class Compiled(NamedTuple):
    """A step that is compiled twice."""

    many: ArrayFunction
    rows: tuple[RowFunction, ...] | None = None
    """Functions of a single row, called one after the other: plain Python, as each numpy call takes a microsecond. None
    if they would not be faster than `many`."""
    formula: Formula | None = None
    """What the functions of a single row compute of the sums of a program, if it is a single value."""

    @property
    def one(self) -> RowFunction | None:
        """The functions of a single row as one."""
        return _composed(self.rows) if self.rows is not None else None

    @property
    def of_row(self) -> RowFunction:
        """The function of a single row, by `many` if that is faster."""
        many = self.many
        return self.one or (lambda row: many(np.array([row]))[0].tolist())


def _composed(functions: tuple[RowFunction, ...]) -> RowFunction:
    if len(functions) == 1:
        return functions[0]

    def one(row: Row) -> Row:
        for function in functions:
            row = function(row)
        return row

    return one


def chain(steps: Sequence[Compiled]) -> Compiled:
    """Return the function that calls one step after the other."""

    def many(x: np.ndarray) -> np.ndarray:
        for step in steps:
            x = step.many(x)
        return x

    rows: tuple[RowFunction, ...] = ()
    for step in steps:
        if step.rows is None:
            return Compiled(many)
        rows += step.rows
    return Compiled(many, rows)


def rows_of(functions: Sequence[Compiled]) -> list[RowFunction] | None:
    """Return the functions of single rows, or None if there is one without."""
    found = [function.one for function in functions]
    return [one for one in found if one] if all(found) else None


def of_formula(many: ArrayFunction, formula: Formula) -> Compiled:
    """Return the function of a program's sums that a formula is."""
    value = formula.compiled()
    return Compiled(many, (lambda sums: [value(sums)],), formula)


def plus(product: Compiled, constants: np.ndarray) -> Compiled:
    """Return a function plus constants, (columns,)."""
    values, many = constants.tolist(), product.many
    if product.formula:
        return of_formula(lambda x: many(x) + constants, product.formula.plus(Formula((), *values)))
    return chain([product, Compiled(lambda x: x + constants, (lambda row: list(map(add, row, values)),))])


def sum_of(parts: list[tuple[list[int], Compiled]]) -> Compiled:
    """Return the sum of functions of matrices, each of some of the columns."""
    return Compiled(lambda x: reduce(np.add, [part.many(x[:, columns]) for columns, part in parts]))


def concatenated(parts: list[tuple[list[int], Compiled]]) -> Compiled:
    """Return the columns of functions of matrices, each of some of the columns."""

    def many(x: np.ndarray) -> np.ndarray:
        blocks = [part.many(x[:, columns]) for columns, part in parts]
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)

    return Compiled(many)


def beside(first: Compiled, second: Compiled) -> Compiled:
    """Return the columns of two functions of the same argument."""
    one, other = first.of_row, second.of_row

    def many(x: np.ndarray) -> np.ndarray:
        return np.concatenate([first.many(x), second.many(x)], axis=1)

    return Compiled(many, (lambda row: [*one(row), *other(row)],))


def added(rows: list[Row]) -> Row:
    """Return the sum of rows."""
    return rows[0] if len(rows) == 1 else list(map(sum, zip(*rows, strict=True)))


def probabilities_of(scores: Row) -> Row:
    """Return the probabilities of classes by their scores: sigmoid of a single one, softmax of several."""
    if len(scores) == 1:
        # Beyond that, the power is too large for a float.
        second = 1 / (1 + math.exp(-scores[0])) if scores[0] > -700 else 0.0
        return [1 - second, second]
    largest = max(scores)
    powers = [math.exp(score - largest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]
