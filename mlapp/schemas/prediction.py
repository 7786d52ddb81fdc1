"""Options of predictions."""

from typing import Literal

from mlapp.schemas.reading import FileOptions


class PredictOptions(FileOptions):
    """Options of a prediction, and how the table is read."""

    version: int | str | None = None
    """The version that predicts: a number, `active` or `latest`; by default the active one."""
    bad_rows: Literal["refuse", "skip"] = "refuse"
    """`skip`: answer a file in spite of rows that cannot be predicted, with the reason in a column `problem`."""
