"""Responses that do not count as traffic: previews of those to files, and what pages show of single rows."""

from typing import Any

from mlapp import ml, tables
from mlapp.errors import MAX_REPORTED
from mlapp.schemas import PredictionPreview, PredictOptions, PredictResponse, RowProblem, WorstRow
from mlapp.services.prediction.reading import encode_table
from mlapp.services.prediction.responses import added_columns, check_file, explain_rows


def preview(
    fitted: "ml.FittedVersion", table: "tables.Table", options: PredictOptions, count: int
) -> PredictionPreview:
    """Validate a whole table, predict its first rows as they will be in the response, and score those with a target."""
    encoded = encode_table(fitted, table, options)
    check_file(fitted, encoded)
    first = slice(0, count)
    if options.explain:
        encoded = encoded._replace(explanations=explain_rows(fitted, encoded, first))
    added = added_columns(fitted, encoded, first, fitted.predict_rows(encoded.rows, first))
    names, cells = tables.format_rows(table.frame[first].hstack(added))
    bad_rows = encoded.bad_rows
    first_bad = list(bad_rows.items())[:MAX_REPORTED]
    score = ml.score(fitted, table, encoded.rows, list(bad_rows))
    return PredictionPreview(
        names=names,
        rows=cells,
        lines=[_line(table, row) for row in range(len(cells))],
        total=encoded.height,
        warnings_total=encoded.warnings.total,
        warnings=encoded.warnings.first,
        warning_lines=[_line(table, warning.row) for warning in encoded.warnings.first],
        problems_total=len(bad_rows),
        problems=[RowProblem(line=_line(table, row), detail=reason) for row, reason in first_bad],
        read_as=table.read_as,
        score=score.metrics if score else None,
        scored_rows=score.rows if score else 0,
        worst=_worst_rows(fitted, table, score.worst) if score else [],
    )


def answer(fitted: "ml.FittedVersion", records: list[dict[str, Any]], *, sets: bool = False) -> PredictResponse:
    """Return the response to records of JSON scalars, with `sets` of classes if there are classes."""
    options = PredictOptions(sets=sets and fitted.info.class_sets is not None)
    encoded = encode_table(fitted, tables.JsonRows(records).table(), options)
    predicted = fitted.predict_rows(encoded.rows)
    added = ml.additions(fitted, predicted, encoded.options, encoded.reliable)
    return fitted.answers.response(predicted, encoded.warnings, added)


def example(fitted: "ml.FittedVersion") -> PredictResponse:
    """Return the response to the example row of a version."""
    return answer(fitted, [{feature.name: feature.example for feature in fitted.info.features}])


def _worst_rows(fitted: "ml.FittedVersion", table: "tables.Table", worst: "ml.WorstRows") -> list[WorstRow]:
    _, rows = tables.format_rows(table.frame[worst.rows])
    predictions = fitted.answers.columns(worst.predicted)["prediction"].to_list()
    return [
        WorstRow(line=_line(table, row), cells=cells, prediction=prediction, measure=measure)
        for row, cells, prediction, measure in zip(
            worst.rows.tolist(), rows, predictions, worst.measure.tolist(), strict=True
        )
    ]


def _line(table: "tables.Table", row: int) -> int:
    return row + 1 if table.lines is None else table.lines[row]
