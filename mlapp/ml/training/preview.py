"""Preview of a training: the columns of the table, a plausible target, data-quality warnings and estimated times."""

import warnings

from mlapp.errors import Unacceptable, shorten
from mlapp.ml.catalog import describe_estimators
from mlapp.ml.data.column_options import of_rows
from mlapp.ml.data.target import MIN_ROWS
from mlapp.ml.data.training_set import TrainingSet, make_training_set
from mlapp.ml.threads import threads_for
from mlapp.ml.training.default_target import default_target
from mlapp.ml.training.runtime_estimate import estimate_s
from mlapp.schemas import KeptTask, TableColumn, TablePreview, TrainOptions
from mlapp.tables.preview import describe_column, preview_table
from mlapp.tables.table import Table


def preview_training(table: Table, options: TrainOptions, kept: KeptTask | None = None) -> TablePreview:
    """Preview a training without fitting an estimator; without a target in the table, choose a plausible one.

    Raises:
        Unacceptable: the table has no columns.
    """
    # The data-quality warnings cover what the libraries warn of.
    with warnings.catch_warnings(action="ignore"):
        return _preview(table, options, kept)


def _preview(table: Table, options: TrainOptions, kept: KeptTask | None) -> TablePreview:
    preview = preview_table(table, options)
    target, found = options.target, table.read_as.left_out + table.read_as.warnings
    if target not in table.frame.columns:
        preview.target = default_target(preview.columns, preview.rows, options)
        if target is not None:
            gone = f"There is no column '{shorten(target)}' in the table as it is read now"
            chosen = f"'{shorten(preview.target)}' is predicted instead." if preview.target else "choose another one."
            found = [*found, f"{gone}; {chosen}"]
        options = options.model_copy(update={"target": preview.target})
    else:
        preview.target = target
    if preview.target is None and preview.rows < MIN_ROWS:
        preview.error = f"The table has too few rows: {preview.rows}; at least {MIN_ROWS} are needed."
    elif preview.target is None:
        preview.error = "No column looks like one to predict; choose the column to predict."
    else:
        try:
            training_set = make_training_set(table, options, kept, embed=False)
            _describe(preview, training_set, table, options)
            found += _warnings(training_set, options)
            with threads_for(0):
                preview.suggestions = training_set.suggestions
        except Unacceptable as error:
            preview.error = error.detail
    preview.warnings = list(dict.fromkeys(found))
    return preview


def _describe(preview: TablePreview, training_set: TrainingSet, table: Table, options: TrainOptions) -> None:
    """Add to the preview what is known of the training set."""
    preview.task, preview.estimates = training_set.task, _estimates(training_set)
    if training_set.classes and training_set.positive is not None:
        preview.two_classes = sorted(training_set.classes, key=lambda label: label == training_set.positive)
    ignored = {column.name: column.reason for column in training_set.signature.ignored}

    def as_used(column: TableColumn) -> TableColumn:
        if column.name == preview.target and column.type is not training_set.target.type:
            return describe_column(table.frame[column.name], table.conventions, options, words=False)
        leaks = column.name in training_set.suspected_leaks
        return column.model_copy(update={"ignored": ignored.get(column.name), "leaks": leaks})

    preview.columns = [as_used(column) for column in preview.columns]


def _warnings(training_set: TrainingSet, options: TrainOptions) -> list[str]:
    """Return the data-quality warnings of a table, and the columns that are left out, except by the options."""
    return training_set.quality_warnings() + [
        f"'{shorten(column.name)}' {column.reason}; it is left out."
        for column in training_set.signature.ignored
        if column.name not in {*options.exclude, *of_rows(options)}
    ]


def _estimates(training_set: TrainingSet) -> dict[str, float]:
    """Return estimated training times in seconds by estimator."""
    rows, features = len(training_set.target.values), len(training_set.signature.features)
    classes = len(training_set.classes or [])
    names = [known.name for known in describe_estimators() if training_set.task in known.tasks]
    found = {name: estimate_s(name, training_set.task, rows, features, classes) for name in names}
    return {name: round(seconds, 1) for name, seconds in found.items() if seconds is not None}
