"""The command line."""

import io
import json
import signal
import sys
from pathlib import Path

import polars as pl
import pytest

from mlapp.__main__ import main  # type: ignore[attr-defined]  # the one that `python -m mlapp` runs
from mlapp.errors import TrainingFailed
from mlapp.library import training
from mlapp.library.cli import run
from mlapp.schemas import ModelList


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def table(prices: pl.DataFrame, tmp_path: Path) -> str:
    path = tmp_path / "Prices 2026.csv"
    prices.head(60).write_csv(path)
    return str(path)


def test_train_says_what_it_has_stored(table: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    command = ["train", table, "--target", "progression", "--estimator", "linear", "--store", str(tmp_path)]

    assert run([*command, "--features", "bmi", "--features", "age", "--seed", "3"]) == 0
    assert run([*command, "--model", "prices-2026", "--json"]) == 0

    printed = capsys.readouterr()
    first, second, third, *_, info = printed.out.splitlines()
    assert first == "prices-2026, version 1: predicts progression from 2 columns."
    assert second.startswith("On rows kept out of training, it is off by ")
    assert third == "It is the active version."
    assert (json.loads(info)["version"], json.loads(info)["active"]) == (2, False)
    assert printed.err == ""


def test_train_says_why_a_version_is_not_active(
    prices: pl.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for name, columns in (("a", ["bmi", "progression"]), ("b", ["age", "progression"])):
        prices.select(columns).write_parquet(tmp_path / f"{name}.parquet")
        path, options = str(tmp_path / f"{name}.parquet"), ["--estimator", "linear", "--model", "m"]
        assert run(["train", path, "--target", "progression", *options, "--store", str(tmp_path)]) == 0

    assert "It is not active: needs 'age', which version 1 does not." in capsys.readouterr().out


def test_predict_writes_the_table_with_its_predictions(
    filled: Path, table: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
):
    options = ["--model", "prices", "--version", "1", "--store", str(filled)]

    assert run(["predict", table, *options]) == 0
    sys.stdout.flush()
    assert run(["predict", table, *options, "--output", str(tmp_path / "out.ndjson"), "--explain"]) == 0
    assert run(["predict", table, *options, "--output", str(tmp_path / "out.json"), "--bad-rows", "skip"]) == 0

    printed = pl.read_csv(io.BytesIO(capfdbinary.readouterr().out))
    written = pl.read_ndjson(tmp_path / "out.ndjson")
    answer = json.loads((tmp_path / "out.json").read_bytes())
    assert printed.columns == [*pl.read_csv(table).columns, "prediction", "lower", "upper", "reliable"]
    assert written["prediction"].to_list() == printed["prediction"].to_list() == answer["predictions"]
    assert "bmi" in written["why"][0]


def test_predict_warns_of_unusual_values(
    filled: Path, prices: pl.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    prices.head(1).with_columns(bmi=900.0).write_csv(tmp_path / "rows.csv")
    command = ["predict", str(tmp_path / "rows.csv"), "--model", "prices", "--store", str(filled)]

    assert run([*command, "--output", str(tmp_path / "out.csv")]) == 0
    assert capsys.readouterr().err.startswith("mlapp: Line 2, bmi: 900 is outside")
    assert run([*command, "--strict"]) == 2


def test_models_are_listed_as_text_or_json(filled: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["models", "--store", str(filled)]) == 0
    header, prices, wine = capsys.readouterr().out.splitlines()
    assert run(["models", "--store", str(filled), "--json"]) == 0
    found = ModelList.model_validate_json(capsys.readouterr().out)

    assert header.split() == ["model", "target", "task", "active", "versions", "quality", "trained"]
    assert prices.split()[:8] == ["*", "prices", "progression", "regression", "1", "1", "R²", "0.496"]
    assert wine.split()[:2] == ["wine", "cultivar"]
    assert (found.default, [model.name for model in found.models]) == ("prices", ["prices", "wine"])


def test_store_without_models_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").touch()

    assert run(["models", "--store", str(tmp_path / "none")]) == 0
    assert run(["models", "--store", str(tmp_path / "file")]) == 2

    empty, wrong = capsys.readouterr().err.splitlines()
    assert empty == f"mlapp: There are no models in the store '{tmp_path}/none'."
    assert wrong.startswith(f"mlapp: The store '{tmp_path}/file' is not a folder")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["predict", "none.csv", "--model", "prices"], "none.csv: No such file or directory."),
        (
            ["predict", "none.csv", "--model", "nothing"],
            "There is no model 'nothing' in the store '{store}',",
        ),
        (["train", "none.csv", "--target", "y"], "none.csv: No such file or directory."),
        (["predict", "none.csv", "--output", "out.odd"], "out.odd: the name says no format; end it with .csv"),
    ],
)
def test_what_cannot_be_used_is_named_in_a_sentence(
    command: list[str], message: str, filled: Path, capsys: pytest.CaptureFixture[str]
):
    assert run([*command, "--store", str(filled)]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"mlapp: {message.format(store=filled)}")
    assert (printed.err.count("\n"), printed.out) == (1, "")


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (TrainingFailed("The estimator failed."), 1, "The estimator failed."),
        (OSError("The disk is full"), 1, "The disk is full."),
        (KeyboardInterrupt(), 130, "Interrupted."),
    ],
)
def test_failures_have_their_own_status(
    error: BaseException,
    status: int,
    message: str,
    table: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(training, "train_version", fail)

    assert run(["train", table, "--target", "progression", "--store", str(tmp_path)]) == status
    assert capsys.readouterr().err == f"mlapp: {message}\n"


def test_progress_is_shown_on_a_terminal_and_erased(table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "41")
    monkeypatch.setattr(sys, "stderr", terminal)

    assert run(["train", table, "--target", "progression", "--estimator", "linear", "--store", str(tmp_path)]) == 0

    shown = terminal.getvalue().split("\r\033[K")
    assert shown[1] == "[....................]   0%  Reading the"
    assert shown[-2] == "[####################] 100%  Serializing"
    assert shown[-1] == ""


def test_arguments_are_the_options_of_the_api(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="0"):
        run(["train", "--help"])
    text = capsys.readouterr().out
    with pytest.raises(SystemExit, match="2"):
        run(["train", "table.csv"])

    assert text.startswith("usage: mlapp train FILE --target COLUMN ")
    assert {"--time-column", "--budget-s", "--date-order", "--types"} <= set(text.split())
    assert "the following arguments are required: --target" in capsys.readouterr().err


def test_program_exits_with_the_status(filled: Path, monkeypatch: pytest.MonkeyPatch):
    before = signal.getsignal(signal.SIGPIPE)
    monkeypatch.setattr(sys, "argv", ["mlapp", "models", "--store", str(filled)])

    with pytest.raises(SystemExit, match="0"):
        main()

    assert signal.signal(signal.SIGPIPE, before) is signal.SIG_DFL
