"""Sentences about data drift: how far the values in requests differ from those in training."""

from mlapp.presentation.formats import format_count, format_percent, format_time
from mlapp.schemas import DRIFT_ROWS, ColumnDrift, Drift, DriftLevel

PSI_MEANING = (
    "The number beside a column is its population stability index (PSI), how far its values in requests differ from "
    "those in training: below 0.1 is stable, up to 0.25 is some drift, above is strong drift."
)
TRAIN_AGAIN = "Where drift is strong, train a new version on a newer table."


def drift_in_short(drift: Drift) -> str:
    """Return whether requests drift, as the end of a sentence."""
    strong, some = _counts(drift)
    if drift.rows < DRIFT_ROWS:
        return "too few rows to tell whether their values differ from training"
    if strong or some:
        differ = "differs" if strong + some == 1 else "differ"
        return f"{format_count(strong + some, 'column')} {differ} from training"
    return "their values are like those in training"


def drift_summary(drift: Drift) -> str:
    """Return how far requests differ from the training table."""
    if not drift.rows:
        return f"Version {drift.version} has had no requests yet; the chart shows its training data."
    strong, some = _counts(drift)
    if drift.rows < DRIFT_ROWS:
        assessment = f" At least {format_count(DRIFT_ROWS)} rows are needed: with fewer, chance alone looks like drift."
    elif strong or some:
        assessment = f" Of {format_count(len(drift.features), 'column')}, {strong} drift strongly and {some} somewhat."
        assessment += f" {TRAIN_AGAIN}" if strong else ""
    else:
        assessment = " Requests look like the training data."
    rows = format_count(drift.rows, "row")
    return f"Version {drift.version} has predicted {rows} since {format_time(drift.since)}.{assessment}"


def drift_level(column: ColumnDrift) -> str:
    """Return how much a column drifts; empty while there are too few rows to tell."""
    return "" if column.level is DriftLevel.TOO_FEW else column.level.value


def missing_values(column: ColumnDrift) -> str:
    """Return how many values of a column are missing; empty if none are."""
    trained, production = (values.missing / (values.total or 1) for values in (column.training, column.production))
    if not trained and not production:
        return ""
    return f"Missing: {format_percent(trained)} in training, {format_percent(production)} in requests."


def _counts(drift: Drift) -> tuple[int, int]:
    """Return how many columns drift strongly and somewhat."""
    levels = [column.level for column in drift.features]
    return levels.count(DriftLevel.STRONG), levels.count(DriftLevel.SOME)
