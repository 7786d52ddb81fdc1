"""Responses of predictions: a body → encoded rows → JSON or a file. Takes a processor, and so runs in a thread."""

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from pydantic import TypeAdapter

from mlapp import tables
from mlapp.errors import Unacceptable, shorten
from mlapp.schemas import Format, Model, PredictionPreview, PredictResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from mlapp import ml
    from mlapp.ml.data.validation import Warnings

    Note = Callable[[Model, np.ndarray, np.ndarray], None]
    """Takes encoded rows that were predicted, and what was predicted."""

JSON_ROWS = 5_000
"""Rows of a JSON answer that are written at a time."""
ONE_PIECE_BYTES = 100_000
LISTS = ("predictions", "lower", "upper", "probabilities")
"""What a JSON answer holds for each row."""
_VALUES = TypeAdapter(list[Any])


class Body(NamedTuple):
    """A table to predict, as it was sent."""

    data: bytes
    format: Format


class Rows(NamedTuple):
    """A table that can be predicted."""

    table: "tables.Table"
    x: "np.ndarray"
    """The features, encoded."""
    warnings: "Warnings"


def read_json(data: bytes) -> "tables.JsonRows":
    """Read a JSON body.

    Raises:
        MlappError: it is no JSON, or holds no rows.
    """
    rows, options = tables.json_rows(data)
    if options:
        _refuse(options)
    if rows is None:
        raise Unacceptable("Send exactly one of 'records' (a list of objects) and 'columns' (an object of lists).")
    return rows


def read_rows(fitted: "ml.FittedModel", body: Body, *, strict: bool = False) -> Rows:
    """Read a body to its end, encode its rows and validate them.

    Raises:
        MlappError: it is not rows that the model can predict.
    """
    table, options = tables.read_request(body.data, body.format)
    if options:
        _refuse(options)
    x = fitted.encoder.encode(table)
    if strict:
        fitted.validator.refuse_unusual(table, x)
    return Rows(table, x, fitted.validator.warnings(table, x))


def _refuse(options: dict[str, Any]) -> NoReturn:
    name = shorten(next(iter(options)))
    raise Unacceptable(f"There is no option '{name}'; the version goes into the query string.")


def read_file_rows(fitted: "ml.FittedModel", body: Body, *, strict: bool = False) -> Rows:
    """Do the same for what is answered by a file: the same columns, followed by the predictions.

    Raises:
        MlappError: it is not rows that the model can predict, or has a column named like one of the answer.
    """
    rows = read_rows(fitted, body, strict=strict)
    for name in fitted.column_names:
        if name in rows.table.names:
            raise Unacceptable(
                f"The table has a column '{shorten(name)}', as the answer will; rename it or leave it out."
            )
    return rows


def to_json(answer: PredictResponse) -> bytes:
    """Return an answer as JSON."""
    return PredictResponse.__pydantic_serializer__.to_json(answer)


def write_json(fitted: "ml.FittedModel", rows: Rows, note: "Note") -> list[bytes]:
    """Predict rows, and return the JSON answer in pieces.

    Many rows are written some at a time, so that they are never all there as Python objects.
    """
    lists: dict[str, list[bytes]] = {}
    for start in range(0, len(rows.x), JSON_ROWS):
        x = rows.x[start : start + JSON_ROWS]
        predicted = fitted.predict(x)
        note(fitted.model, x, predicted)
        answer = fitted.answer(predicted, rows.warnings)
        for name in LISTS:
            if (values := getattr(answer, name)) is not None:
                lists.setdefault(name, []).append(_VALUES.dump_json(values)[1:-1])
                setattr(answer, name, [])
    return _filled(to_json(answer), lists)


def _filled(text: bytes, lists: dict[str, list[bytes]]) -> list[bytes]:
    """Return JSON with what belongs into its empty lists, in pieces."""
    pieces = []
    for name in sorted(lists, key=lambda name: text.index(b'"%s":[]' % name.encode())):
        before, text = text.split(b'"%s":[]' % name.encode(), 1)
        pieces.append(before + b'"%s":[' % name.encode())
        for number, values in enumerate(lists[name]):
            pieces += [b",", values] if number else [values]
        text = b"]" + text
    # A small answer is one piece, so that it is sent at once.
    return [b"".join([*pieces, text])] if sum(map(len, pieces)) < ONE_PIECE_BYTES else [*pieces, text]


def write_file(fitted: "ml.FittedModel", rows: Rows, wanted: Format, part: slice, note: "Note") -> bytes:
    """Predict some of the rows, and write them with their predictions."""
    predicted = fitted.predict(rows.x[part])
    note(fitted.model, rows.x[part], predicted)
    return tables.write_rows(rows.table, part, fitted.columns(predicted), wanted)


def sample(fitted: "ml.FittedModel", body: Body, count: int) -> PredictionPreview:
    """Validate a body to its end, and predict its first rows, as the file that answers it will have them."""
    rows = read_file_rows(fitted, body)
    predicted = fitted.columns(fitted.predict(rows.x[:count]))
    names, cells = tables.texts(rows.table.frame[:count].hstack(predicted))
    return PredictionPreview(
        names=names, rows=cells, total=len(rows.x), warnings_total=rows.warnings.total, warnings=rows.warnings.first
    )
