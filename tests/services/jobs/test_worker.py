"""The training process."""

import json
import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlapp.errors import EstimatorsBroken, MlappError, NotFound, TrainingFailed, Unacceptable, UnreadableBody
from mlapp.schemas import Format, Submission, TablePreview, TrainOptions
from mlapp.services.jobs import worker
from mlapp.services.jobs.ipc import Failed, Finished, Message, Progress, Started, receive, send
from mlapp.services.jobs.worker import run
from tests.packages import install
from tests.services.misbehaving import misbehaving

pytestmark = pytest.mark.slow

ROWS = [{"x": row, "y": row * 2 + row % 3} for row in range(30)]
CONTEXT = multiprocessing.get_context("forkserver")


def messages_of(submission: Submission, kind: str = "train") -> list[Message]:
    """All messages of a training process."""
    results, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=run, args=(kind, submission, theirs))
    process.start()
    theirs.close()
    messages: list[Message] = []
    while not messages or isinstance(messages[-1], Started | Progress):
        messages.append(receive(results))
    process.join()
    return messages


def train_here(submission: Submission) -> list[Message]:
    """The first and last message of a training, without a process.

    Raises:
        MlappError: the error that the process would send.
    """
    results, theirs = CONTEXT.Pipe(duplex=False)
    with results, theirs:
        finished = worker._train(submission, theirs)
        return [receive(results), finished]


def sent(tmp_path: Path, body: object, kind: Format = Format.JSON, **options: Any) -> Submission:
    path = tmp_path / "body"
    path.write_text(body if isinstance(body, str) else json.dumps(body))
    return Submission(path=str(path), format=kind, options=options)


def test_training_sends_progress_and_the_model(tmp_path: Path):
    started, *progress, finished = messages_of(sent(tmp_path, {"records": ROWS, "target": "y", "estimator": "linear"}))

    shares = [message.share for message in progress if isinstance(message, Progress)]
    assert len(shares) == len(progress) > 3
    assert shares == sorted(shares)
    assert started == Started("y", None, 30, 2, "y", "linear")
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
def test_training_accepts_every_kind_of_table(tmp_path: Path, body: object, kind: Format, options: dict[str, Any]):
    started, finished = train_here(sent(tmp_path, body, kind, estimator="linear", **options))

    assert isinstance(started, Started)
    assert isinstance(finished, Finished)


@pytest.mark.parametrize(
    ("body", "options", "error", "sentence"),
    [
        ("{", {}, UnreadableBody, "The body is not JSON"),
        (7, {}, Unacceptable, "The body must be an object"),
        ({}, {}, Unacceptable, "Send exactly one of 'records' (a list of objects) and 'columns' (an object of lists)"),
        ({"dataset": "wine", "records": []}, {}, Unacceptable, "Send exactly one of 'records', 'columns' and"),
        ({"dataset": 7}, {}, Unacceptable, "'dataset' is the name of a bundled table; GET /datasets lists them."),
        ({"dataset": "beer"}, {}, NotFound, "There is no bundled table 'beer'"),
        ({"dataset": "wine", "seed": 1}, {"seed": "2"}, Unacceptable, "The option 'seed' is given in the URL"),
        ({"dataset": "wine", "hue": 1}, {}, Unacceptable, "There is no option 'hue'"),
    ],
)
def test_invalid_submission_is_an_error(
    tmp_path: Path, body: object, options: dict[str, Any], error: type[MlappError], sentence: str
):
    with pytest.raises(error) as error_info:
        train_here(sent(tmp_path, body, **options))

    assert error_info.value.detail.startswith(sentence)


def test_client_error_is_sent_without_a_trace(tmp_path: Path):
    failed = messages_of(sent(tmp_path, "{"))[-1]

    assert isinstance(failed, Failed)
    assert (type(failed.error), failed.trace) == (UnreadableBody, None)


def test_started_names_the_bundled_table_and_its_target():
    started = train_here(Submission(dataset="wine", options={"estimator": "linear"}))[0]

    assert started == Started("wine", "wine", 178, 14, "cultivar", "linear")


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"exclude": ["w"]}, "/exclude/0"),
        ({"types": {"w": "category"}}, "/types/w"),
        ({"merge_values": ["w"]}, "/merge_values/0"),
    ],
)
def test_options_name_columns_of_bundled_tables(options: dict[str, Any], pointer: str):
    with pytest.raises(Unacceptable, match="There is no column 'w' in the table") as rejected:
        train_here(Submission(dataset="wine", options=options))

    assert rejected.value.errors[0]["pointer"] == pointer


def test_record_says_how_a_file_was_read(tmp_path: Path):
    csv = "x;y\n" + "".join(f"{r['x']};{r['y']}\n" for r in ROWS)

    _, file = train_here(sent(tmp_path, csv, Format.CSV, estimator="linear", target="y"))
    _, bundled = train_here(Submission(dataset="wine", options={"estimator": "linear", "exclude": ["ash"]}))

    assert isinstance(file, Finished)
    assert file.record["read_as"].delimiter == ";"
    assert isinstance(bundled, Finished)
    assert (bundled.record["read_as"], bundled.record["ignored"][0].name) == (None, "ash")


def test_preview_has_rows_and_columns():
    (message,) = messages_of(Submission(dataset="wine", options={}), "preview")

    assert isinstance(message, TablePreview)
    assert (message.rows, len(message.columns)) == (178, 14)


def preview_of(tmp_path: Path, csv: str, **options: Any) -> TablePreview:
    return worker._preview(sent(tmp_path, csv, Format.CSV, **options))


def test_preview_accepts_all_options(tmp_path: Path):
    csv = "x,t,y\n" + "".join(f"{r['x']},{r['x']},{r['y']}\n" for r in ROWS)
    options = {"time_column": "t", "exclude": ["t"], "types": {"x": "number"}, "na_values": ["?"], "seed": 3}

    preview = preview_of(tmp_path, csv, **options)

    assert (preview.target, preview.error) == ("y", None)
    assert preview.read_as
    assert preview.read_as.delimiter == ","


def test_preview_of_a_bundled_table_has_its_target_and_no_format():
    preview = worker._preview(Submission(dataset="wine", options={}))

    assert (preview.target, preview.read_as) == ("cultivar", None)


def test_preview_of_an_unreadable_file_fails(tmp_path: Path):
    (failed,) = messages_of(sent(tmp_path, "", Format.CSV), "preview")

    assert isinstance(failed, Failed)
    assert failed.error.detail.startswith("The CSV is empty")


def test_bug_is_sent_with_its_trace():
    failed = messages_of(misbehaving("costly"))[-1]

    assert isinstance(failed, Failed)
    assert (failed.error.status, "TypeError: " in (failed.trace or "")) == (500, True)
    assert "TypeError" not in failed.error.detail


def test_estimator_that_fails_is_sent_with_its_trace():
    failed = messages_of(misbehaving("buggy"))[-1]

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, TrainingFailed)
    assert "'buggy' failed: RuntimeError: a screw is loose" in failed.error.detail
    assert "in buggy\n" in (failed.trace or "")


def test_estimator_of_another_package_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    install(tmp_path, monkeypatch, ridge="house_recipes:RIDGE")
    options = {"estimator": "ridge", "target": "proline"}

    finished = messages_of(Submission(dataset="wine", options=options, estimators=("ridge",)))[-1]

    assert isinstance(finished, Finished)
    assert finished.record["estimator"] == "ridge"


def test_broken_estimator_of_another_package_is_sent_with_its_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    install(tmp_path, monkeypatch, ridge="house_recipes:RIDGE").write_text("import gbm_of_nobody")

    failed = messages_of(Submission(dataset="wine", options={}, estimators=("ridge",)))[-1]

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, EstimatorsBroken)
    assert "cannot be imported: ModuleNotFoundError: No module named 'gbm_of_nobody'" in failed.error.detail
    assert "gbm_of_nobody" in (failed.trace or "")


def test_exhausted_memory_is_a_failed_training():
    failed = messages_of(misbehaving("hungry"))[-1]

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, TrainingFailed)
    assert "memory" in failed.error.detail


def run_without_server(theirs: Connection) -> None:
    results, sender = CONTEXT.Pipe(duplex=False)
    results.close()
    run("train", Submission(dataset="wine", options={"estimator": "linear"}), sender)


def test_process_exits_when_the_pipe_is_closed(tmp_path: Path):
    process = CONTEXT.Process(target=run_without_server, args=(None,))

    process.start()
    process.join(30)

    assert process.exitcode == 1


def serve(pids: Connection) -> None:
    processes = []
    for estimator in ("endless", "stubborn"):
        _, theirs = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=run, args=("train", misbehaving(estimator), theirs))
        process.start()
        pids.send(process.pid)
        processes.append(process)
    for process in processes:
        process.join()


def test_process_exits_during_a_fit_when_the_server_is_killed():
    receiver, pids = CONTEXT.Pipe(duplex=False)
    server = CONTEXT.Process(target=serve, args=(pids,))
    server.start()
    trainings = [psutil.Process(receiver.recv()) for _ in range(2)]

    server.kill()

    for training in trainings:
        training.wait(50)


def test_model_that_is_too_large_is_not_sent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlapp.services.jobs.ipc.MESSAGE_BYTES", 1_900_000)
    results, theirs = CONTEXT.Pipe(duplex=False)
    options = TrainOptions(target="y")

    with results, theirs, pytest.raises(TrainingFailed, match="The model file has 2 MB"):
        send(Finished(bytes(2_000_000), {}, options), theirs)


def test_preview_of_a_missing_file_fails(tmp_path: Path):
    (failed,) = messages_of(Submission(path=str(tmp_path / "gone"), format=Format.CSV, options={}), "preview")

    assert isinstance(failed, Failed)
    assert isinstance(failed.error, UnreadableBody)
    assert failed.trace is None
