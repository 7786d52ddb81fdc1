"""Bytes ⇄ polars: reading, writing, column types, bundled tables.

The names below are imported when first used: polars takes 0.4 s and 50 MB, which a server that only
starts, and answers `/health`, must not wait for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlapp.tables.columns import column_type as column_type
    from mlapp.tables.columns import convert as convert
    from mlapp.tables.columns import narrow as narrow
    from mlapp.tables.datasets import dataset as dataset
    from mlapp.tables.datasets import describe_datasets as describe_datasets
    from mlapp.tables.distributions import distribution as distribution
    from mlapp.tables.distributions import recount as recount
    from mlapp.tables.json_text import json_table as json_table
    from mlapp.tables.preview import preview_table as preview_table
    from mlapp.tables.reading import read_file as read_file
    from mlapp.tables.reading import read_request as read_request
    from mlapp.tables.table import Table as Table
    from mlapp.tables.writing import texts as texts
    from mlapp.tables.writing import write_rows as write_rows
    from mlapp.tables.writing import write_table as write_table

_HOMES = {
    "column_type": "columns",
    "convert": "columns",
    "narrow": "columns",
    "dataset": "datasets",
    "describe_datasets": "datasets",
    "distribution": "distributions",
    "recount": "distributions",
    "json_table": "json_text",
    "preview_table": "preview",
    "read_file": "reading",
    "read_request": "reading",
    "Table": "table",
    "texts": "writing",
    "write_rows": "writing",
    "write_table": "writing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
