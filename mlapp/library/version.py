"""Version: a loaded version that predicts in this process."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import polars as pl

from mlapp.library.tables import TableLike, is_pandas, prediction_table, to_pandas
from mlapp.ml.inference.fitted_version import FittedVersion
from mlapp.presentation.sentences import headline, version_name
from mlapp.schemas import VersionInfo
from mlapp.services.options import predict_options
from mlapp.services.prediction.reading import EncodedTable, encode_table
from mlapp.services.prediction.responses import added_columns, explain_rows

if TYPE_CHECKING:
    import pandas as pd

WARNED = 3
"""Values that a warning names."""


class PredictionWarning(UserWarning):
    """Rows were predicted in spite of values that training has not seen, or columns that were taken for others."""


@dataclass(frozen=True, eq=False, repr=False)
class Version:
    """A version of a model that is loaded into this process."""

    fitted: FittedVersion

    @property
    def info(self) -> VersionInfo:
        """All that is known about it, as `GET /models/{model}/versions/{version}` returns it."""
        return self.fitted.info

    def __repr__(self) -> str:
        return f"<{version_name(*self.fitted.key)}: {headline(self.info)}>"

    @overload
    def predict(
        self,
        table: pl.DataFrame | str | Path,
        *,
        explain: bool = False,
        sets: bool = False,
        bad_rows: Literal["refuse", "skip"] = "refuse",
        strict: bool = False,
    ) -> pl.DataFrame: ...

    @overload
    def predict(
        self,
        table: "pd.DataFrame",
        *,
        explain: bool = False,
        sets: bool = False,
        bad_rows: Literal["refuse", "skip"] = "refuse",
        strict: bool = False,
    ) -> "pd.DataFrame": ...

    def predict(
        self,
        table: TableLike,
        *,
        explain: bool = False,
        sets: bool = False,
        bad_rows: Literal["refuse", "skip"] = "refuse",
        strict: bool = False,
    ) -> "pl.DataFrame | pd.DataFrame":
        """Predict the rows of a table: the columns that `POST /predict` adds to a file.

        Args:
            table: The rows, with the features as columns: a polars or pandas frame, or the path of a file.
            explain: Add a column `why` with the three features that contribute most.
            sets: Add a column `set` with the classes that contain the true one with the nominal coverage.
            bad_rows: `skip` leaves rows empty that cannot be predicted, with the reason in a column `problem`.
            strict: Reject values that training has not seen, instead of a `PredictionWarning`.

        Returns:
            `prediction`, and `lower` and `upper` or one `probability_<class>` each, (rows, columns); also `reliable` if
            a row is unlike those of training. A polars frame; for pandas a pandas frame, with its index.

        Raises:
            Unacceptable: an option is invalid, columns are missing, or rows cannot be predicted.
            MlappError: the file is not a table.
            OSError: the file cannot be read.
        """
        options = predict_options({"explain": explain, "sets": sets, "bad_rows": bad_rows})
        encoded = encode_table(self.fitted, prediction_table(table, options), options, strict=strict)
        if text := warning_text(encoded):
            warnings.warn(text, PredictionWarning, stacklevel=2)
        if explain:
            encoded = encoded._replace(explanations=explain_rows(self.fitted, encoded))
        predicted = self.fitted.predict_rows(encoded.rows)
        columns = added_columns(self.fitted, encoded, slice(None), predicted)
        return to_pandas(columns, table.index) if is_pandas(table) else columns


def warning_text(encoded: EncodedTable) -> str | None:
    """Return the first warnings about a table, and how many there are; None without any."""
    first, total = encoded.warnings.first[:WARNED], encoded.warnings.total
    details = [f"{encoded.table.place(each.row)}, {each.feature}: {each.detail}." for each in first]
    more = [f"{total - len(first):,} more."] if total > len(first) else []
    return " ".join(details + more) or None
