"""Arguments of the command line; those of trainings and of reading are the options of the API."""

import argparse
from pathlib import Path
from typing import Any, get_args, get_origin

from mlapp import __version__
from mlapp.schemas import FileOptions, PredictOptions, Schema, TrainOptions

PROGRAM = "mlapp"
FIRST = ("target", "model", "estimator")
"""Options that are listed first."""


def parse(arguments: list[str]) -> argparse.Namespace:
    """Parse the command line; `options` has the options of the API that are given.

    Raises:
        SystemExit: help or the version was asked for, or an argument is invalid.
    """
    parsed = _parser().parse_args(arguments)
    names = {"train": TrainOptions.model_fields.keys(), "predict": PredictOptions.model_fields.keys() - {"version"}}
    given = {name: getattr(parsed, name) for name in names.get(parsed.command, ())}
    parsed.options = {name: value for name, value in given.items() if value not in (None, False)}
    return parsed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(PROGRAM, description="Train models on tables, predict with them, list them.")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--store", type=Path, metavar="FOLDER", help="folder of the store; by default MLAPP_STORE")

    train = commands.add_parser(
        "train",
        parents=[shared],
        help="train a version on a file, and store it",
        usage="%(prog)s FILE --target COLUMN [--model NAME] [--estimator NAME] [--store FOLDER] [--json] [OPTION ...]",
    )
    train.add_argument("file", type=Path, metavar="FILE", help="the training table, in any format that the API reads")
    train.add_argument("--json", action="store_true", help="print the version as JSON, as POST /train returns it")
    _add_options(train, TrainOptions)

    predict = commands.add_parser(
        "predict",
        parents=[shared],
        help="predict the rows of a file",
        usage="%(prog)s FILE [--model NAME] [--version NUMBER] [--output FILE] [--store FOLDER] [OPTION ...]",
    )
    predict.add_argument("file", type=Path, metavar="FILE", help="the rows, in any format that the API reads")
    predict.add_argument("--model", metavar="NAME", help="the model; by default the default one")
    predict.add_argument(
        "--version", default="active", help="a number, `active` or `latest`; by default the active one"
    )
    predict.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="the table with its predictions, in the format of this name; by default printed in the format of FILE",
    )
    predict.add_argument("--explain", action="store_true", help="add a column with the reasons of each prediction")
    predict.add_argument("--sets", action="store_true", help="add a column with the sets of classes")
    predict.add_argument("--bad-rows", choices=("refuse", "skip"), help="skip: leave rows empty that are invalid")
    predict.add_argument("--strict", action="store_true", help="reject values that training has not seen")
    _add_options(predict, FileOptions)

    models = commands.add_parser("models", parents=[shared], help="list the models of the store")
    models.add_argument("--json", action="store_true", help="print them as JSON, as GET /models returns them")
    return parser


def _add_options(parser: argparse.ArgumentParser, schema: type[Schema]) -> None:
    """Add the options of the API; their values are validated as those of a query string."""
    group = parser.add_argument_group("options of the API")
    fields = schema.model_fields
    for name in sorted(fields, key=lambda name: name not in FIRST):
        text = " ".join((fields[name].description or "").replace("%", "%%").split())
        keywords: dict[str, Any] = {"metavar": "VALUE", "required": name == "target", "help": text}
        if _is_list(fields[name].annotation):
            keywords |= {"action": "append", "help": f"{text} May be given several times."}
        group.add_argument(f"--{name.replace('_', '-')}", **keywords)


def _is_list(annotation: object) -> bool:
    return get_origin(annotation) is list or any(map(_is_list, get_args(annotation)))
