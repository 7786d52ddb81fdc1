"""The answer to a few plain rows, without a frame between the JSON that comes and the JSON that goes."""

import time
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import add
from typing import NamedTuple

import numpy as np
from pydantic import TypeAdapter

from mlapp.ml.inference.fitted_model import FittedModel
from mlapp.ml.inference.rows import MAX_ROWS, Row, RowReader
from mlapp.schemas import Scalar, Task

QUICK_S = 2e-3
"""A call of `MAX_ROWS` rows within this time may be made on the event loop."""

_NUMBER, _NUMBERS, _SCALAR = TypeAdapter(float | None), TypeAdapter(list[float]), TypeAdapter(Scalar)


class Answered(NamedTuple):
    """What came of several requests."""

    bodies: list[bytes | None]
    """The answer to each; None where there is something to say about a row."""
    rows: list[Row]
    """The rows that were answered."""
    predictions: list[Scalar]


class Lane:
    """Answers plain rows as `FittedModel.answer` does; several requests at once cost little more than one."""

    def __init__(self, fitted: FittedModel) -> None:
        self.fitted, self.model = fitted, fitted.model
        self._reader = RowReader(fitted.model.features)
        head = f'{{"version":{self.model.version},"predictions":['.encode()
        if self.model.task is Task.REGRESSION:
            tail = b'],"coverage":' + _NUMBER.dump_json(self.model.coverage) + b',"warnings":[]}'
            self._between = [head, b'],"lower":[', b'],"upper":[', tail]
        else:
            self._between = [head, b'],"probabilities":[', b'],"warnings":[]}']
            self._classes, names = fitted.classes()
            self._spelled = [_SCALAR.dump_json(value) for value in self._classes]
            self._keys = [_SCALAR.dump_json(name) + b":" for name in names]
        self.quick = self._is_quick()

    def read(self, body: bytes) -> list[Row] | None:
        """Return the rows of a JSON body; None unless they are for a lane to answer."""
        return self._reader.read(body)

    def answer(self, requests: Sequence[list[Row]]) -> Answered:
        """Answer requests together, each as it would be answered alone; from any thread."""
        rows = [row for request in requests for row in request]
        try:
            matrix, plain = self._reader.matrix(rows)
            values, texts = self._write(self.fitted.kernel(matrix))
        except Exception:  # noqa: BLE001 - one request must not spoil the others: each is tried alone, elsewhere
            return Answered([None] * len(requests), [], [])
        spans = list(pairwise(accumulate(map(len, requests), initial=0)))
        if plain.all():
            return Answered([self._body(texts, *span) for span in spans], rows, values)
        bodies = [self._body(texts, *span) if plain[slice(*span)].all() else None for span in spans]
        kept = [place for body, span in zip(bodies, spans, strict=True) if body for place in range(*span)]
        return Answered(bodies, [rows[place] for place in kept], [values[place] for place in kept])

    def _write(self, predicted: np.ndarray) -> tuple[list[Scalar], Sequence[list[bytes]]]:
        if self.model.task is Task.REGRESSION:
            lower, upper = self.fitted.interval(predicted)
            values = predicted.tolist()
            return values, (_texts(values), _texts(lower.tolist()), _texts(upper.tolist()))
        best = predicted.argmax(axis=1).tolist()
        shares = _texts(predicted.ravel().tolist())
        size = len(self._keys)
        pairs = [list(map(add, self._keys, shares[at : at + size])) for at in range(0, len(shares), size)]
        objects = [b"{" + b",".join(pair) + b"}" for pair in pairs]
        return [self._classes[place] for place in best], ([self._spelled[place] for place in best], objects)

    def _body(self, texts: Sequence[list[bytes]], begin: int, end: int) -> bytes:
        pieces = self._between[:1]
        for text, between in zip(texts, self._between[1:], strict=True):
            pieces += [b",".join(text[begin:end]), between]
        return b"".join(pieces)

    def _is_quick(self) -> bool:
        rows = np.resize(self.fitted.examples, (MAX_ROWS, len(self.model.features)))
        times = []
        for _ in range(3):
            began = time.perf_counter()
            self.fitted.kernel(rows)
            times.append(time.perf_counter() - began)
        return min(times) <= QUICK_S


def _texts(numbers: list[float]) -> list[bytes]:
    return _NUMBERS.dump_json(numbers)[1:-1].split(b",")
