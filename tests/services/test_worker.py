"""What runs in a training process."""

import json
import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from mlapp.errors import MlappError, NotFound, TrainingFailed, Unacceptable, UnreadableBody
from mlapp.schemas import Format, Submission
from mlapp.services.messages import Failed, Finished, Progress
from mlapp.services.worker import work
from tests.services.misbehaving import misbehaving

ROWS = [{"x": row, "y": row * 2 + row % 3} for row in range(30)]
CONTEXT = multiprocessing.get_context("forkserver")


def said_by(submission: Submission) -> list[Progress | Finished | Failed]:
    """Everything that a training process says."""
    results, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=work, args=(submission, theirs))
    process.start()
    theirs.close()
    said: list[Progress | Finished | Failed] = []
    while not said or isinstance(said[-1], Progress):
        said.append(results.recv())
    process.join()
    return said


def sent(tmp_path: Path, body: object, kind: Format = Format.JSON, **options: Any) -> Submission:
    path = tmp_path / "body"
    path.write_text(body if isinstance(body, str) else json.dumps(body))
    return Submission(path=str(path), format=kind, options=options)


def test_work_tells_how_far_it_is_and_ends_with_the_model(tmp_path: Path):
    *progress, finished = said_by(sent(tmp_path, {"records": ROWS, "target": "y", "estimator": "linear"}))

    shares = [message.share for message in progress if isinstance(message, Progress)]
    assert len(shares) == len(progress) > 3
    assert shares == sorted(shares)
    assert isinstance(finished, Finished)
    assert (finished.record["rows"], finished.options.target) == (30, "y")


@pytest.mark.parametrize(
    ("body", "kind", "options"),
    [
        ({"columns": {"x": list(range(30)), "y": [r["y"] for r in ROWS]}}, Format.JSON, {"target": "y"}),
        ("x,y\n" + "".join(f"{r['x']},{r['y']}\n" for r in ROWS), Format.CSV, {"target": "y"}),
        ({"dataset": "wine"}, Format.JSON, {}),
        ({"dataset": "wine", "target": "ash"}, Format.JSON, {}),
    ],
)
def test_work_takes_tables_in_every_shape(tmp_path: Path, body: object, kind: Format, options: dict[str, Any]):
    finished = said_by(sent(tmp_path, body, kind, estimator="linear", **options))[-1]

    assert isinstance(finished, Finished)


@pytest.mark.parametrize(
    ("body", "options", "error", "sentence"),
    [
        ("{", {}, UnreadableBody, "The body is not JSON"),
        ([], {}, Unacceptable, "The body is an object with 'records' or 'columns', or 'dataset', the name of"),
        ({}, {}, Unacceptable, "Send exactly one of 'records' (a list of objects) and 'columns' (an object of lists)"),
        ({"dataset": "wine", "records": []}, {}, Unacceptable, "Send exactly one of 'records', 'columns' and"),
        ({"dataset": 7}, {}, Unacceptable, "'dataset' is the name of a bundled table; GET /datasets lists them."),
        ({"dataset": "beer"}, {}, NotFound, "There is no bundled table 'beer'"),
        ({"dataset": "wine", "seed": 1}, {"seed": "1"}, Unacceptable, "The option 'seed' stands in the query string"),
        ({"dataset": "wine", "hue": 1}, {}, Unacceptable, "There is no option 'hue'"),
    ],
)
def test_work_says_what_it_cannot_take(
    tmp_path: Path, body: object, options: dict[str, Any], error: type[MlappError], sentence: str
):
    failed = said_by(sent(tmp_path, body, **options))[-1]

    assert isinstance(failed, Failed)
    assert (type(failed.error), failed.trace) == (error, None)
    assert failed.error.detail.startswith(sentence)


def test_bug_is_told_with_its_trace():
    failed = said_by(misbehaving("buggy"))[-1]

    assert isinstance(failed, Failed)
    assert (failed.error.status, "a screw is loose" in (failed.trace or "")) == (500, True)
    assert "screw" not in failed.error.detail


def test_want_of_memory_is_told():
    failed = said_by(misbehaving("hungry"))[-1]

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, TrainingFailed)
    assert failed.error.detail == "The training ran out of memory; send fewer rows or columns."


def work_for_nobody(theirs: Connection) -> None:
    results, into_the_void = CONTEXT.Pipe(duplex=False)
    results.close()
    work(Submission(dataset="wine", options={"estimator": "linear"}), into_the_void)


def test_work_ends_when_the_server_is_gone(tmp_path: Path):
    process = CONTEXT.Process(target=work_for_nobody, args=(None,))

    process.start()
    process.join(30)

    assert process.exitcode == 1
