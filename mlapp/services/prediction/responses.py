"""A body → its answer: what takes a processor, and so runs in a thread."""

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from mlapp import ml, tables
from mlapp.errors import Unacceptable, shorten
from mlapp.schemas import Answer, Format, Model, Sample, WhatIf

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from mlapp.ml.data.validation import Checked
    from mlapp.ml.monitoring.profiles import Column

    Note = Callable[[Model, pl.DataFrame, Column], None]
    """Takes checked rows that were predicted, and what was predicted."""


JSON_ROWS = 5_000
"""Rows of a JSON answer that are written down at a time."""
ONE_PIECE_BYTES = 100_000
LISTS = ("predictions", "lower", "upper", "probabilities")
"""What a JSON answer holds for each row."""
_VALUES = TypeAdapter(list[Any])


@dataclass(frozen=True)
class Body:
    """A table to predict, as it was sent."""

    data: bytes
    format: Format


def check(fitted: "ml.FittedModel", body: Body, *, strict: bool = False) -> "tuple[tables.Table, Checked]":
    """Read a body to its end, and check its rows.

    Raises:
        MlappError: it is not rows that the model can predict.
    """
    table, options = tables.read_request(body.data, body.format)
    for name in options:
        raise Unacceptable(f"There is no option '{shorten(name)}'; the version goes into the query string.")
    return table, fitted.check(table, strict=strict)


def check_file(fitted: "ml.FittedModel", body: Body, *, strict: bool = False) -> "tuple[tables.Table, Checked]":
    """Do the same for what is answered by a file: the same columns, followed by the predictions.

    Raises:
        MlappError: it is not rows that the model can predict, or has a column that is called like one of the answer.
    """
    table, checked = check(fitted, body, strict=strict)
    for name in fitted.column_names():
        if name in table.frame.columns:
            raise Unacceptable(
                f"The table has a column '{shorten(name)}', as the answer will; rename it or leave it out."
            )
    return table, checked


def answer(fitted: "ml.FittedModel", body: Body, note: "Note", *, strict: bool = False) -> Answer:
    """Return the predictions for a body."""
    checked = check(fitted, body, strict=strict)[1]
    found = fitted.answer(checked)
    note(fitted.model, checked.frame, found.predictions)
    return found


def answer_json(fitted: "ml.FittedModel", body: Body, note: "Note", *, strict: bool = False) -> tuple[list[bytes], int]:
    """Return the same as JSON, in pieces, and how many warnings there are.

    Many rows are written down some at a time, so that they are never all there as Python objects.
    """
    checked = check(fitted, body, strict=strict)[1]
    whole: Answer | None = None
    lists: dict[str, list[bytes]] = {}
    for start in range(0, checked.frame.height, JSON_ROWS):
        frame = checked.frame[start : start + JSON_ROWS]
        found = fitted.answer(replace(checked, frame=frame))
        note(fitted.model, frame, found.predictions)
        for name in LISTS:
            if (values := getattr(found, name)) is not None:
                lists.setdefault(name, []).append(_VALUES.dump_json(values)[1:-1])
                setattr(found, name, [])
        whole = found
    assert whole  # noqa: S101 - a body without rows is refused
    return _filled(whole.model_dump_json(exclude_none=True).encode(), lists), checked.warnings_total


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


def write(  # noqa: PLR0913, PLR0917 - what to write, and how
    fitted: "ml.FittedModel", table: "tables.Table", frame: "pl.DataFrame", wanted: Format, rows: slice, note: "Note"
) -> bytes:
    """Predict some of the checked rows, and write them down with their predictions."""
    columns = fitted.columns(frame[rows])
    note(fitted.model, frame[rows], columns["prediction"])
    return tables.write_rows(table, rows, columns, wanted)


def sample(fitted: "ml.FittedModel", body: Body, rows: int) -> Sample:
    """Check a body to its end, and predict its first rows, as the file that answers it will have them."""
    table, checked = check_file(fitted, body)
    names, cells = tables.texts(table.frame[:rows].hstack(fitted.columns(checked.frame[:rows])))
    return Sample(
        names=names,
        rows=cells,
        total=table.frame.height,
        warnings_total=checked.warnings_total,
        warnings=checked.warnings,
    )


def what_if(fitted: "ml.FittedModel", record: dict[str, Any], feature: str) -> WhatIf:
    """Return how the prediction for a record changes with one of its features."""
    body = Body(json.dumps({"records": [record]}).encode(), Format.JSON)
    return ml.what_if(fitted, check(fitted, body)[1].frame, feature)
