"""What runs in a training process."""

import json
import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlapp.errors import MlappError, NotFound, TrainingFailed, Unacceptable, UnreadableBody
from mlapp.ml.estimators import ESTIMATORS, Recipe, linear
from mlapp.ml.training.runtime_estimate import MEASURED
from mlapp.schemas import Format, Submission, TablePreview, TrainOptions
from mlapp.services.jobs import worker
from mlapp.services.jobs.ipc import Failed, Finished, Looked, Message, Progress, Started, receive, send
from mlapp.services.jobs.worker import work
from tests.services.misbehaving import misbehaving

pytestmark = pytest.mark.slow

ROWS = [{"x": row, "y": row * 2 + row % 3} for row in range(30)]
CONTEXT = multiprocessing.get_context("forkserver")


def said_by(submission: Submission, kind: str = "train") -> list[Message]:
    """Everything that a training process says."""
    results, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=work, args=(kind, submission, theirs))
    process.start()
    theirs.close()
    said: list[Message] = []
    while not said or isinstance(said[-1], Started | Progress):
        said.append(receive(results))
    process.join()
    return said


def said_here(submission: Submission) -> list[Message]:
    """What a training process would say until it fails, without the process.

    Raises:
        MlappError: what it would send as its last words.
    """
    results, theirs = CONTEXT.Pipe(duplex=False)
    with results, theirs:
        finished = worker._train(submission, theirs)
        return [receive(results), finished]


def sent(tmp_path: Path, body: object, kind: Format = Format.JSON, **options: Any) -> Submission:
    path = tmp_path / "body"
    path.write_text(body if isinstance(body, str) else json.dumps(body))
    return Submission(path=str(path), format=kind, options=options)


def test_work_tells_how_far_it_is_and_ends_with_the_model(tmp_path: Path):
    started, *progress, finished = said_by(sent(tmp_path, {"records": ROWS, "target": "y", "estimator": "linear"}))

    shares = [message.share for message in progress if isinstance(message, Progress)]
    assert len(shares) == len(progress) > 3
    assert shares == sorted(shares)
    assert started == Started(None, 30, 2, "y", "linear")
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
    started, finished = said_here(sent(tmp_path, body, kind, estimator="linear", **options))

    assert isinstance(started, Started)
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
        ({"dataset": "wine", "seed": 1}, {"seed": "2"}, Unacceptable, "The option 'seed' is given in the query string"),
        ({"dataset": "wine", "hue": 1}, {}, Unacceptable, "There is no option 'hue'"),
    ],
)
def test_work_says_what_it_cannot_take(
    tmp_path: Path, body: object, options: dict[str, Any], error: type[MlappError], sentence: str
):
    with pytest.raises(error) as refused:
        said_here(sent(tmp_path, body, **options))

    assert refused.value.detail.startswith(sentence)


def test_refusal_is_sent_without_a_trace(tmp_path: Path):
    failed = said_by(sent(tmp_path, "{"))[-1]

    assert isinstance(failed, Failed)
    assert (type(failed.error), failed.trace) == (UnreadableBody, None)


def test_bundled_table_is_told_with_its_name_and_target():
    started = said_here(Submission(dataset="wine", options={"estimator": "linear"}))[0]

    assert started == Started("wine", 178, 14, "cultivar", "linear")


def test_look_tells_what_the_table_holds():
    (said,) = said_by(Submission(dataset="wine", options={}), "look")

    assert isinstance(said, Looked)
    assert (said.preview.rows, len(said.preview.columns)) == (178, 14)


def looked(submission: Submission) -> TablePreview:
    return worker._look(submission).preview


def looked_at(tmp_path: Path, csv: str, **options: Any) -> TablePreview:
    return looked(sent(tmp_path, csv, Format.CSV, **options))


def test_look_takes_the_last_column_for_the_target_unless_another_is_named(tmp_path: Path):
    csv = "x,y\n" + "".join(f"{r['x']},{r['y']}\n" for r in ROWS)

    assert looked_at(tmp_path, csv).target == "y"
    assert looked_at(tmp_path, csv, target="x").target == "x"


def test_look_says_what_will_be_left_out(tmp_path: Path):
    csv = "name,x,y\n" + "".join(f"person {r['x']},{r['x']},{r['y']}\n" for r in ROWS)

    warnings = looked_at(tmp_path, csv).warnings

    assert "'name' has a different text in every row, like a name or an id; it is left out." in warnings


def test_look_says_why_a_table_cannot_be_trained_on(tmp_path: Path):
    assert looked_at(tmp_path, "x,y\n1,2\n3,4\n").warnings == ["Only 2 rows have a target; at least 10 are needed."]


def test_look_at_what_is_no_table_says_why(tmp_path: Path):
    (failed,) = said_by(sent(tmp_path, "", Format.CSV), "look")

    assert isinstance(failed, Failed)
    assert failed.error.detail.startswith("The CSV is empty")


def test_bug_is_told_with_its_trace():
    failed = said_by(misbehaving("costly"))[-1]

    assert isinstance(failed, Failed)
    assert (failed.error.status, "TypeError: unsupported" in (failed.trace or "")) == (500, True)
    assert "unsupported" not in failed.error.detail


def test_estimator_that_fails_is_told_with_its_trace():
    failed = said_by(misbehaving("buggy"))[-1]

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, TrainingFailed)
    assert failed.error.detail.startswith("The estimator 'buggy' failed: RuntimeError: a screw is loose; name another")
    assert "in buggy\n" in (failed.trace or "")


def test_want_of_memory_is_told():
    failed = said_by(misbehaving("hungry"))[-1]

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, TrainingFailed)
    assert failed.error.detail == "The training ran out of memory; send fewer rows or columns."


def work_for_nobody(theirs: Connection) -> None:
    results, into_the_void = CONTEXT.Pipe(duplex=False)
    results.close()
    work("train", Submission(dataset="wine", options={"estimator": "linear"}), into_the_void)


def test_work_ends_when_the_server_is_gone(tmp_path: Path):
    process = CONTEXT.Process(target=work_for_nobody, args=(None,))

    process.start()
    process.join(30)

    assert process.exitcode == 1


def serve(pids: Connection) -> None:
    processes = []
    for estimator in ("endless", "stubborn"):
        _, theirs = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=work, args=("train", misbehaving(estimator), theirs))
        process.start()
        pids.send(process.pid)
        processes.append(process)
    for process in processes:
        process.join()


def test_work_in_the_midst_of_a_fit_ends_when_the_server_is_killed():
    told, pids = CONTEXT.Pipe(duplex=False)
    server = CONTEXT.Process(target=serve, args=(pids,))
    server.start()
    trainings = [psutil.Process(told.recv()) for _ in range(2)]

    server.kill()

    for training in trainings:
        training.wait(30)


def test_model_that_is_too_large_is_not_sent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlapp.services.jobs.ipc.MESSAGE_BYTES", 1_900_000)
    results, theirs = CONTEXT.Pipe(duplex=False)
    options = TrainOptions(target="y")

    with results, theirs, pytest.raises(TrainingFailed, match="The model takes 2 MB, and may take 2 MB; send fewer"):
        send(Finished(bytes(2_000_000), {}, options), theirs)


def test_look_guesses_how_long_estimators_will_take():
    machines, wine = (looked(Submission(dataset=name, options={})) for name in ("machines", "wine"))

    assert machines.estimates["linear"] < machines.estimates["random_forest"] < 10
    assert machines.estimates.keys() == wine.estimates.keys() == MEASURED.keys()


def test_look_guesses_nothing_of_what_cannot_be_trained_on_or_was_never_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    few = looked(sent(tmp_path, "x,y\n1,2\n3,4\n", Format.CSV))
    monkeypatch.setitem(ESTIMATORS, "own", Recipe(linear))
    own = looked(Submission(dataset="wine", options={"estimator": "own"}))

    assert few.estimates == {}
    assert few.warnings == ["Only 2 rows have a target; at least 10 are needed."]
    assert "own" not in own.estimates


def test_look_at_a_file_that_is_gone_says_so(tmp_path: Path):
    (failed,) = said_by(Submission(path=str(tmp_path / "gone"), format=Format.CSV, options={}), "look")

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, UnreadableBody)
    assert failed.trace is None
