"""Tables that callers pass: polars or pandas frames, and paths of files."""

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import polars as pl

TableLike: TypeAlias = "pl.DataFrame | pd.DataFrame | str | Path"
"""A polars or pandas frame, or the path of a file in any format that the API reads."""
