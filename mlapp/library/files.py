"""Files with predictions, as `POST /predict` returns them."""

from pathlib import Path
from typing import Any, NamedTuple

from mlapp.library.version import Version, warning_text
from mlapp.schemas import Format
from mlapp.services.prediction.reading import Body, encode_table, read_table
from mlapp.services.prediction.responses import check_response, explain_rows, parts_of, write_file, write_json


class PredictedFile(NamedTuple):
    """A table with its predictions."""

    data: bytes
    warning: str | None
    """The first warnings about values that training has not seen."""


def predict_file(
    version: Version, path: Path, kind: Format | None = None, options: dict[str, Any] | None = None, *, strict: bool
) -> PredictedFile:
    """Predict the rows of a file, and return the table with its predictions, by default in the format of the file.

    `options` are those of `POST /predict`; `strict` rejects values that training has not seen.

    Raises:
        MlappError: the file is not a table, or rows cannot be predicted.
        OSError: the file cannot be read.
    """
    fitted = version.fitted
    table, chosen = read_table(Body(path.read_bytes(), options=options or {}))
    encoded, format_ = encode_table(fitted, table, chosen, strict=strict), kind or table.format
    check_response(fitted, encoded, format_)
    if chosen.explain:
        encoded = encoded._replace(explanations=explain_rows(fitted, encoded))
    if format_ is Format.JSON:
        pieces = write_json(fitted, encoded, _count_nothing)
    else:
        pieces = [write_file(fitted, encoded, format_, part, _count_nothing) for part in parts_of(encoded, format_)]
    return PredictedFile(b"".join(pieces), warning_text(encoded))


def _count_nothing(*_: object) -> None:
    """Count no traffic, which servers do."""
