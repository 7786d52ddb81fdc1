"""What runs in a training process: read the table, train, send the result. Nothing of the server is loaded here."""

import os
import sys
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mlapp.errors import MlappError, TrainingFailed, Unacceptable
from mlapp.ml.training import train
from mlapp.schemas import Format, Submission, TrainOptions
from mlapp.services.messages import Failed, Finished, Progress
from mlapp.services.options import together, train_options
from mlapp.tables.datasets import dataset
from mlapp.tables.json_text import json_table, parse_json
from mlapp.tables.reading import read_file
from mlapp.tables.table import Table

NICENESS = 10
"""How far behind the server a training stands in the queue for the processor."""
INSTEAD = ", or 'dataset', the name of a bundled table"


def work(submission: Submission, results: Connection) -> None:
    """Train on a submission; sends `Progress`es, then `Finished` or `Failed`."""
    os.nice(NICENESS)
    try:
        results.send(_train(submission, results))
    except MlappError as error:
        results.send(Failed(error))
    except MemoryError:
        results.send(Failed(TrainingFailed("The training ran out of memory; send fewer rows or columns.")))
    except BrokenPipeError:
        sys.exit("The server is gone; the training ends.")
    except Exception:  # noqa: BLE001 - what is no MlappError is a bug, and the server has to hear of it
        bug = MlappError("The training hit an error of ours, which is in the log; the same table will hit it again.")
        results.send(Failed(bug, traceback.format_exc()))


def _train(submission: Submission, results: Connection) -> Finished:
    table, options = _read(submission)
    trained = train(table, options, time.perf_counter, lambda stage, share: results.send(Progress(stage, share)))
    return Finished(trained.file, trained.record, options)


def _read(submission: Submission) -> tuple[Table, TrainOptions]:
    if submission.path is None or submission.format is None:
        return _bundled(submission.dataset, submission.options)
    data = Path(submission.path).read_bytes()
    if submission.format is not Format.JSON:
        return read_file(data, submission.format), train_options(submission.options)
    body = parse_json(data)
    if not isinstance(body, dict):
        raise Unacceptable(f"The body is an object with 'records' or 'columns'{INSTEAD}.")
    options = {name: value for name, value in body.items() if name not in ("records", "columns", "dataset")}
    options = together(submission.options, options)
    if "dataset" not in body:
        return json_table(body, INSTEAD), train_options(options)
    if "records" in body or "columns" in body:
        raise Unacceptable("Send exactly one of 'records', 'columns' and 'dataset'.")
    return _bundled(body["dataset"], options)


def _bundled(name: object, options: dict[str, Any]) -> tuple[Table, TrainOptions]:
    if not isinstance(name, str):
        raise Unacceptable("'dataset' is the name of a bundled table; GET /datasets lists them.")
    table, target = dataset(name)
    return table, train_options({"target": target} | options)
