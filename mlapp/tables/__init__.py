"""Bytes ⇄ polars: reading, writing, column types, bundled tables.

The names below are imported when first used: polars takes 0.4 s and 50 MB, which a server that only
starts, and answers `/health`, must not wait for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlapp.tables.bundled.datasets import dataset as dataset
    from mlapp.tables.bundled.datasets import describe_datasets as describe_datasets
    from mlapp.tables.columns.histograms import distribution as distribution
    from mlapp.tables.columns.histograms import recount as recount
    from mlapp.tables.columns.types import column_type as column_type
    from mlapp.tables.columns.types import convert as convert
    from mlapp.tables.columns.types import narrow as narrow
    from mlapp.tables.formats.json import JsonRows as JsonRows
    from mlapp.tables.formats.json import json_rows as json_rows
    from mlapp.tables.formats.reader import read_file as read_file
    from mlapp.tables.formats.reader import read_request as read_request
    from mlapp.tables.formats.writer import texts as texts
    from mlapp.tables.formats.writer import write_rows as write_rows
    from mlapp.tables.formats.writer import write_table as write_table
    from mlapp.tables.preview import preview_table as preview_table
    from mlapp.tables.table import Table as Table

_HOMES = {
    "column_type": "columns.types",
    "convert": "columns.types",
    "narrow": "columns.types",
    "dataset": "bundled.datasets",
    "describe_datasets": "bundled.datasets",
    "distribution": "columns.histograms",
    "recount": "columns.histograms",
    "JsonRows": "formats.json",
    "json_rows": "formats.json",
    "preview_table": "preview",
    "read_file": "formats.reader",
    "read_request": "formats.reader",
    "Table": "table",
    "texts": "formats.writer",
    "write_rows": "formats.writer",
    "write_table": "formats.writer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
