"""Submissions of trainings: reading of their table and options, and the training itself, in the current process."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from mlapp.errors import Unacceptable, UnreadableBody, shorten
from mlapp.ml.evaluation.out_of_fold import local_fits
from mlapp.ml.training.overall_progress import Report
from mlapp.ml.training.train import Trained, train
from mlapp.schemas import MAX_NAME_LENGTH, DataSource, Format, KeptTask, Submission, TrainOptions
from mlapp.services.cluster.fits import cluster_fits
from mlapp.services.options import merge_options, train_options
from mlapp.tables.bundled.datasets import dataset, source_of
from mlapp.tables.formats.containers import holds_workbook
from mlapp.tables.formats.json import json_body, leave_out_nested, one_table_expected
from mlapp.tables.formats.reader import read_file
from mlapp.tables.table import Table

ALTERNATIVE = ", or 'dataset', the name of a bundled table"


class TrainingTable(NamedTuple):
    """What a training starts from."""

    source: DataSource | None
    table: Table
    options: TrainOptions


def read_submission(
    submission: Submission, workbook_limit: Callable[[], AbstractContextManager[None]] = nullcontext
) -> TrainingTable:
    """Read the table of a submission, and validate its options; `workbook_limit` is entered while a workbook is read.

    Raises:
        MlappError: the table cannot be read, or an option is invalid.
    """
    if submission.path is None:
        return _bundled(submission.dataset, submission.options)
    try:
        data = Path(submission.path).read_bytes()
    except FileNotFoundError:
        # Closing the page removes the upload.
        raise UnreadableBody("The file is gone; send it again.") from None
    if submission.format is not Format.JSON:
        source = DataSource(file=shorten(submission.name, MAX_NAME_LENGTH)) if submission.name else None
        chosen = train_options(submission.options)
        with workbook_limit() if holds_workbook(data) else nullcontext():
            file = read_file(data, submission.format, chosen, training=True)
        leave_out_nested(file, _needed(chosen))
        return TrainingTable(source, file, chosen)
    table, fields = json_body(data, ALTERNATIVE)
    options = merge_options(submission.options, {name: value for name, value in fields.items() if name != "dataset"})
    if "dataset" in fields:
        if table is not None:
            raise Unacceptable("Send exactly one of 'records', 'columns' and 'dataset'.")
        return _bundled(fields["dataset"], options)
    if table is None:
        raise one_table_expected(ALTERNATIVE)
    table.options = chosen = train_options(options)
    leave_out_nested(table, _needed(chosen))
    return TrainingTable(None, table, chosen)


def train_version(
    found: TrainingTable, report: Report, kept: KeptTask | None = None, dask: str | None = None
) -> Trained:
    """Train a version; `kept` is the task that its model keeps, `dask` the scheduler that makes the fits, if any.

    Raises:
        Unacceptable: the table or an option cannot be used for training.
        TrainingFailed: the estimator failed.
    """
    source, table, options = found
    fits = cluster_fits(dask) if dask else local_fits
    trained = train(table, options, time.perf_counter, report, kept, fits)
    # How a bundled table is read is no concern of those who send others.
    read_as = {"read_as": None} if source and source.dataset else {}
    return Trained(trained.file, trained.record | {"source": source} | read_as)


def _needed(options: TrainOptions) -> list[str]:
    """Return the columns that the options name."""
    return [*([options.target] if options.target else []), *(options.features or [])]


def _bundled(name: object, options: dict[str, Any]) -> TrainingTable:
    if not isinstance(name, str):
        raise Unacceptable("'dataset' is the name of a bundled table; GET /datasets lists them.")
    table, target = dataset(name)
    table.options = chosen = train_options({"target": target} | options)
    return TrainingTable(source_of(name), table, chosen)
