"""Trials: what pages show of rows that somebody tries out, without counting them as traffic."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mlapp import ml
from mlapp.schemas import Costs, CostTrial, Explanation, PredictionPreview, PredictResponse, Scalar, WhatIf
from mlapp.services.prediction.limits import Limits
from mlapp.services.prediction.preview import answer, example, preview
from mlapp.services.prediction.reading import Body
from mlapp.services.prediction.rows import RowExplainer
from mlapp.services.prediction.table_reader import TableReader

LoadVersion = Callable[..., "Awaitable[ml.FittedVersion]"]
"""Returns a loaded version by the name of its model and its number, by default the active one."""


@dataclass
class Trials:
    """Predicts and explains rows that somebody tries out."""

    fitted: LoadVersion
    limits: Limits
    reader: TableReader
    explainer: RowExplainer

    async def preview(self, body: Body, model: str, version: int | None = None, rows: int = 10) -> PredictionPreview:
        """Return the first rows of the response to a table; the whole table is validated, as by `predict`.

        Raises:
            MlappError: the version is not available, or the rows cannot be read or predicted.
        """
        fitted, pool = await self.fitted(model, version), self.limits.pool(body)
        table, options = await self.reader.read(body, pool, model)
        if options.explain:
            self.limits.admit_explanation(model)
            pool = self.limits.explain
        return await pool.run(lambda: preview(fitted, table, options, rows), fitted.info.model)

    async def answer(self, records: list[dict[str, Any]], model: str, version: int | None = None) -> PredictResponse:
        """Predict records of JSON scalars that somebody tries out, without counting them as traffic.

        Raises:
            MlappError: the version is not available, or the records cannot be predicted.
        """
        fitted = await self.fitted(model, version)
        return await self.limits.small.run(lambda: answer(fitted, records, sets=True), fitted.info.model)

    async def example(self, model: str, version: int | None = None) -> PredictResponse:
        """Return the response to the example row of a version, without counting it as traffic.

        Raises:
            MlappError: the version is not available.
        """
        fitted = await self.fitted(model, version)
        return await self.limits.small.run(lambda: example(fitted))

    async def what_if(self, record: dict[str, Any], feature: str, model: str, version: int | None = None) -> WhatIf:
        """Predict a record of JSON scalars over the values of one feature.

        Raises:
            MlappError: the version is not available or has no such feature, or the record cannot be predicted.
        """
        fitted = await self.fitted(model, version)
        return await self.limits.small.run(lambda: ml.what_if(fitted, record, feature), fitted.info.model)

    async def explain(
        self, record: dict[str, Any], model: str, version: int | None = None, outcome: Scalar | None = None
    ) -> Explanation:
        """Explain the prediction for a record of JSON scalars, or the probability of the class `outcome`.

        Raises:
            Overloaded: too many explanations are in flight.
            MlappError: the version is not available or has no such class, or the record cannot be predicted.
        """
        return await self.explainer.explain_record(await self.fitted(model, version), record, outcome)

    async def try_costs(self, model: str, costs: Costs | None) -> CostTrial | None:
        """Return what costs do to held-out rows of the active version; None unless it has three classes or more.

        Raises:
            MlappError: the version is not available.
        """
        fitted = await self.fitted(model)
        rows, names = fitted.parts.held_out, fitted.answers.class_names
        if rows is None:
            return None
        return ml.trial_of(rows, ml.cost_matrix(costs, names) if costs else None)
