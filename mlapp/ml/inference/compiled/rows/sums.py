"""Sums of functions of one column each: products of transformed columns and weights, for single rows.

A straight line, a cubic between two knots, or a table: each input column adds one value to each sum.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from operator import mul
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import StandardScaler

from mlapp.ml.inference.compiled.columns import Inputs
from mlapp.ml.inference.compiled.functions import Row, RowFunction, added
from mlapp.ml.inference.compiled.rows.blocks import Block, Constants, Table, blocks_of, chosen, slices
from mlapp.ml.inference.compiled.rows.curves import Curve, curves_of
from mlapp.ml.inference.compiled.steps import flat
from mlapp.ml.recipes.splines import SplineBasis

MAX_PRODUCTS = 40
"""Maximum number of products of numbers and weights in Python; numpy is faster at more."""


class Sums:
    """A builder of sums."""

    def __init__(self, inputs: Inputs, count: int) -> None:
        self._inputs = inputs
        self._constants = np.zeros(count)
        self._numbers: dict[tuple[int, float], np.ndarray] = {}
        self._tables: dict[int, Table] = {}
        self._curves: list[Curve] = []

    def add(self, steps: Sequence[Any], weights: np.ndarray, blocks: Sequence[Block]) -> None:
        """Add the product of what transformers make of blocks, and weights (columns, sums).

        Raises:
            TypeError: a transformer is unknown.
        """
        if not steps:
            self._add_blocks(weights, blocks)
            return
        *before, last = steps
        if isinstance(last, StandardScaler) and before and isinstance(before[-1], SplineBasis):
            scaled = weights / last.scale_[:, None]
            self._constants -= last.mean_ @ scaled
            self.add(before, scaled, blocks)
            return
        for step in before:
            blocks = blocks_of(step, blocks, self._inputs)
        if isinstance(last, ColumnTransformer):
            for name, part, columns in last.transformers_:
                if len(columns):
                    self.add(flat([part]), weights[last.output_indices_[name]], chosen(blocks, columns))
        elif isinstance(last, SplineBasis):
            self._add_splines(curves_of(last, weights), blocks)
        else:
            self._add_blocks(weights, blocks_of(last, blocks, self._inputs))

    def _add_blocks(self, weights: np.ndarray, blocks: Sequence[Block]) -> None:
        for block, part in zip(blocks, slices(blocks), strict=True):
            own = weights[part]
            if isinstance(block, Constants):
                self._constants += block.values @ own
            elif isinstance(block, Table):
                self._add_table(block._replace(values=block.values @ own))
            else:
                key = block.source, block.shift
                self._numbers[key] = self._numbers.get(key, 0.0) + own[0] / block.scale

    def _add_table(self, table: Table) -> None:
        known = self._tables.get(table.source)
        if known:
            codes = np.union1d(known.codes, table.codes)
            others = np.append(codes, np.inf)
            table = Table(table.source, codes, known.at(others) + table.at(others))
        self._tables[table.source] = table

    def _add_splines(self, curves: Iterable[Curve], blocks: Sequence[Block]) -> None:
        for curve, block in zip(curves, blocks, strict=True):
            if isinstance(block, Constants):
                self._constants += curve.at(block.values)[0]
            elif isinstance(block, Table):
                self._add_table(block._replace(values=curve.at(block.values[:, 0])))
            else:
                self._curves.append(curve.of(block))

    def compiled(self) -> RowFunction:
        """Return the function of a row."""
        return self._single() if len(self._constants) == 1 else self._several()

    def _single(self) -> RowFunction:
        """Return the function of a row for one sum: without lists."""
        tables = [(source, *_lookup(table.codes, table.values[:, 0])) for source, table in self._tables.items()]
        curves = [(curve.source, curve.points.tolist(), curve.pieces(0)) for curve in self._curves]
        numbers = [(source, shift, float(weight[0])) for (source, shift), weight in self._numbers.items()]
        constant, wide = float(self._constants[0]), None
        if len(numbers) > MAX_PRODUCTS:
            numbers, wide = [], self._straight()

        def one(row: Row) -> Row:
            total = constant + wide(row)[0] if wide else constant
            for source, shift, weight in numbers:
                total += (row[source] - shift) * weight
            for source, known, unknown in tables:
                total += known.get(row[source], unknown)
            for source, points, pieces in curves:
                value = row[source]
                start, a, b, c, d = pieces[bisect_left(points, value)]
                value -= start
                total += ((a * value + b) * value + c) * value + d
            return [total]

        return one

    def _several(self) -> RowFunction:
        """Return the function of a row for several sums."""
        tables = [(source, *_lookup(table.codes, table.values)) for source, table in self._tables.items()]
        curves = [
            (curve.source, curve.points.tolist(), list(zip(*map(curve.pieces, range(curve.sums)), strict=True)))
            for curve in self._curves
        ]
        constants, straight = self._constants.tolist(), self._straight()

        def one(row: Row) -> Row:
            parts = [constants, straight(row)]
            parts += [known.get(row[source], unknown) for source, known, unknown in tables]
            for source, points, pieces in curves:
                value = row[source]
                own = pieces[bisect_left(points, value)]
                parts.append([(((a * (t := value - start)) + b) * t + c) * t + d for start, a, b, c, d in own])
            return added(parts)

        return one

    def _straight(self) -> RowFunction:
        """Return the product of numbers and weights."""
        keys, weights = list(self._numbers), np.array([*self._numbers.values()]).reshape(-1, len(self._constants))
        sources, columns = [source for source, _ in keys], weights.T.tolist()
        if weights.size > MAX_PRODUCTS:
            shifts = np.array([shift for _, shift in keys])
            return lambda row: ((np.array([row[source] for source in sources]) - shifts) @ weights).tolist()

        def one(row: Row) -> Row:
            values = [row[source] - shift for source, shift in keys]
            return [sum(map(mul, values, column)) for column in columns]

        return one


def _lookup(codes: np.ndarray, values: np.ndarray) -> tuple[dict[float, Any], Any]:
    """Return the values of codes that differ from that of an unknown one, and this."""
    *known, unknown = values.tolist()
    return {code: own for code, own in zip(codes.tolist(), known, strict=True) if own != unknown}, unknown
