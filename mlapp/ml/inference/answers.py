"""Answers: responses made of predictions, as objects, JSON, or columns of a file."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from pydantic import TypeAdapter

from mlapp.errors import Unacceptable, shorten
from mlapp.ml.data.validation import NO_WARNINGS, Warnings
from mlapp.ml.decisions.class_sets import ranked
from mlapp.ml.decisions.rules import rule_of
from mlapp.schemas import Explanation, PredictOptions, PredictResponse, Scalar, Task, VersionInfo, VersionKey
from mlapp.tables.columns.conversion import format_values

_dump_numbers = TypeAdapter(list[float]).dump_json


@dataclass(frozen=True, eq=False)
class Additions:
    """What a response says about rows beside their predictions."""

    reliable: np.ndarray | None = None
    """Whether each row is like those of the training table, (rows,); None if all are."""
    sets: np.ndarray | None = None
    """Which classes are in the set of each row, (rows, classes); None unless asked for."""
    explanations: list[Explanation] | None = None
    """Why each row was predicted so; None unless asked for."""
    why: list[str] | None = None
    """The largest contributions to each prediction as text, for files; None unless asked for."""


NO_ADDITIONS = Additions()
SET = "set"
"""Column of response files with the set of classes of each row."""
BETWEEN = " | "
"""Between the classes of a set."""
WHY = "why"
"""Column of response files with the largest contributions to each prediction."""
RELIABLE = "reliable"
"""Column of response files that says which rows are like those of the training table."""


def addition_names(options: PredictOptions, *, all_reliable: bool) -> list[str]:
    """Return the names of the columns of additions: what the options ask for, and `reliable` if a row is not."""
    asked = ((SET, options.sets), (WHY, options.explain), (RELIABLE, not all_reliable))
    return [name for name, is_added in asked if is_added]


class Answers:
    """Makes the responses of a version."""

    def __init__(self, info: VersionInfo) -> None:
        self.info, self.key = info, VersionKey(info.model, info.version)
        self.classes: list[Scalar] = info.classes or []
        self.class_names = format_values(pl.Series(self.classes)).to_list()
        """Names of the classes in files and as keys."""
        self.rule = rule_of(info)
        """Predicts classes from probabilities."""

    @cached_property
    def column_names(self) -> list[str]:
        """Names of the columns that `columns` returns without additions."""
        if self.info.task is Task.REGRESSION:
            return ["prediction", "lower", "upper"] if self.info.interval else ["prediction"]
        return ["prediction", *(f"probability_{name}" for name in self.class_names)]

    def response(
        self, predicted: np.ndarray, warnings: Warnings = NO_WARNINGS, additions: Additions = NO_ADDITIONS
    ) -> PredictResponse:
        """Return the response to a request from the predictions of its rows."""
        model, version = self.key
        response = PredictResponse(
            model=model,
            version=version,
            predictions=[],
            reliable=None if additions.reliable is None else additions.reliable.tolist(),
            explanations=additions.explanations,
            warnings=warnings.first,
            warnings_total=warnings.total or None,
        )
        if self.info.task is Task.REGRESSION:
            response.predictions, *bounds = predicted.T.tolist()
            if bounds:
                response.lower, response.upper = bounds
                response.coverage = self.info.coverage
            return response
        response.predictions = self._predicted_classes(predicted)
        response.threshold = self.info.threshold
        if additions.sets is not None:
            response.coverage = self.info.coverage
            response.sets = [[self.classes[index] for index in row] for row in ranked(additions.sets, predicted)]
        response.probabilities = [dict(zip(self.class_names, row, strict=True)) for row in predicted.tolist()]
        return response

    def json(
        self, predicted: np.ndarray, warnings: Warnings = NO_WARNINGS, additions: Additions = NO_ADDITIONS
    ) -> bytes:
        """Return `response` as JSON; that of a regression without anything else in half the time."""
        if warnings.total or additions is not NO_ADDITIONS or self.info.interval is None:
            return _to_json(self.response(predicted, warnings, additions))
        values, lower, upper = map(_dump_numbers, predicted.T.tolist())
        begin, end = self._json_ends
        return b"".join((begin, values, b',"lower":', lower, b',"upper":', upper, end))

    @cached_property
    def _json_ends(self) -> tuple[bytes, bytes]:
        """What JSON responses have before and after their numbers."""
        model, version = self.key
        response = _to_json(
            PredictResponse(model=model, version=version, predictions=[], coverage=self.info.coverage, warnings=[])
        )
        begin, _, end = response.partition(b"[]")
        return begin, end

    def columns(self, predicted: np.ndarray, additions: Additions = NO_ADDITIONS) -> pl.DataFrame:
        """Return predictions as columns: `prediction`, and `lower` and `upper` or one `probability_<class>` each.

        Additions follow, in the order of `addition_names`.
        """
        values: list[np.ndarray | list[Scalar]] = [*predicted.T]
        if self.info.task is Task.CLASSIFICATION:
            values = [self._predicted_classes(predicted), *values]
        columns = [pl.Series(name, column) for name, column in zip(self.column_names, values, strict=True)]
        if additions.sets is not None:
            texts = [
                BETWEEN.join(self.class_names[index] for index in row) for row in ranked(additions.sets, predicted)
            ]
            columns.append(pl.Series(SET, texts))
        if additions.why is not None:
            columns.append(pl.Series(WHY, additions.why, dtype=pl.String))
        if additions.reliable is not None:
            columns.append(pl.Series(RELIABLE, additions.reliable))
        return pl.DataFrame(columns)

    def explained(self, predicted: np.ndarray, outcome: Scalar | None = None) -> list[int]:
        """Return the index of the class whose probability is explained for each row; 0 in regression.

        It is the predicted class, unless `outcome` names another one.

        Raises:
            Unacceptable: the version has no such class.
        """
        if self.info.task is Task.REGRESSION:
            return [0] * len(predicted)
        if outcome is None:
            return self._class_indices(predicted)
        if outcome not in self.classes:
            raise Unacceptable(f"Version {self.key.version} of {self.key.model} has no class '{shorten(outcome)}'.")
        return [self.classes.index(outcome)] * len(predicted)

    def _predicted_classes(self, probabilities: np.ndarray) -> list[Scalar]:
        return [self.classes[index] for index in self._class_indices(probabilities)]

    def _class_indices(self, probabilities: np.ndarray) -> list[int]:
        found: list[int] = self.rule.classes(probabilities).tolist()
        return found


def _to_json(response: PredictResponse) -> bytes:
    return PredictResponse.__pydantic_serializer__.to_json(response)
