"""The command line: `mlapp train`, `mlapp predict`, `mlapp models`."""

import logging
import signal
import sys
from argparse import Namespace
from typing import NoReturn

import mlapp
from mlapp.errors import MlappError, TrainingFailed, Unacceptable
from mlapp.library.arguments import PROGRAM, parse
from mlapp.library.progress_bar import ProgressBar
from mlapp.presentation.metrics import MAIN_METRIC, METRICS, format_metric
from mlapp.presentation.sentences import headline, quality_summary, version_name
from mlapp.schemas import Format, ModelList, ModelSummary, VersionInfo

FAILED, INVALID, INTERRUPTED = 1, 2, 130
"""Exit statuses. `INVALID` is about arguments, options and tables, as argparse's own."""


def main() -> NoReturn:
    """Run the command of the process, and exit with its status."""
    # As other programs do in a pipe whose reader has left.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # What matters is in the sentence of an error.
    logging.getLogger("mlapp").addHandler(logging.NullHandler())
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command, and return its exit status; errors are one sentence on standard error.

    Raises:
        SystemExit: help was asked for, or an argument is invalid.
    """
    parsed = parse(arguments)
    try:
        {"train": _train, "predict": _predict, "models": _models}[parsed.command](parsed)
    except MlappError as error:
        _report(error.detail)
        return INVALID if error.status < 500 and not isinstance(error, TrainingFailed) else FAILED
    except OSError as error:
        _report(f"{error.filename}: {error.strerror}." if error.filename else f"{error}.")
        return INVALID if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError) else FAILED
    except KeyboardInterrupt:
        _report("Interrupted.")
        return INTERRUPTED
    return 0


def _train(arguments: Namespace) -> None:
    with ProgressBar(sys.stderr) as bar:
        version = mlapp.train(arguments.file, store=arguments.store, progress=bar, **arguments.options)
    info = version.info
    _print(info.model_dump_json() if arguments.json else _trained(info))


def _trained(info: VersionInfo) -> str:
    """Return what was trained, how good it is, whether it is active, and the warnings."""
    name = version_name(info.model, info.version)
    reasons = f": {'; '.join(info.breaking)}" if info.breaking else ""
    read_as = [*info.read_as.left_out, *info.read_as.warnings] if info.read_as else []
    return "\n".join(
        [
            f"{name}: {headline(info)}.",
            quality_summary(info),
            "It is the active version." if info.active else f"It is not active{reasons}.",
            *(f"- {warning}" for warning in dict.fromkeys(read_as + info.warnings)),
        ]
    )


def _predict(arguments: Namespace) -> None:
    from mlapp.library.files import predict_file

    output, kind = arguments.output, None
    if output and not (kind := Format.of_file(output.name)):
        raise Unacceptable(f"{output}: the name says no format; end it with .csv, .xlsx, .parquet, .ndjson or .json.")
    version = mlapp.load(arguments.model, arguments.version, store=arguments.store)
    found = predict_file(version, arguments.file, kind, arguments.options, strict=arguments.strict)
    if output:
        output.write_bytes(found.data)
    else:
        sys.stdout.buffer.write(found.data)
    if found.warning:
        _report(found.warning)


def _models(arguments: Namespace) -> None:
    from mlapp.library.stores import open_store
    from mlapp.services.models.listing import list_models

    store = open_store(arguments.store)
    found = list_models(store)
    if arguments.json:
        _print(found.model_dump_json())
    elif found.models:
        _print(_listed(found))
    else:
        _report(f"There are no models in the store '{store.folder.absolute()}'.")


def _listed(found: ModelList) -> str:
    """Return a table of the models; a star marks the default one."""
    rows: list[tuple[str, ...]] = [("", "model", "target", "task", "active", "versions", "quality", "trained")]
    rows += [("*" if each.name == found.default else "", *_cells(each)) for each in found.models]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _cells(model: ModelSummary) -> tuple[str, ...]:
    active = "–" if model.active is None else str(model.active)
    trained = f"{model.trained_at:%Y-%m-%d %H:%M}" if model.trained_at else "–"
    metric = MAIN_METRIC[model.task] if model.task else ""
    quality = f"{METRICS[metric][0]} {format_metric(metric, model.metrics[metric])}" if metric in model.metrics else "–"
    return model.name, model.target or "–", model.task or "–", active, str(model.versions), quality, trained


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _report(message: str) -> None:
    sys.stderr.write(f"{PROGRAM}: {message}\n")
