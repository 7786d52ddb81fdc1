"""A synthetic table with columns of all types and a target that depends on them."""

import io

import numpy as np
import polars as pl


def mixed(rows: int) -> pl.DataFrame:
    """Return 9 features (numbers with and without missing values, integer, boolean, date, categories) and `y`."""
    random = np.random.default_rng(0)
    a, b, c = random.normal(size=(3, rows)).round(4)
    kind, place = random.integers(0, 4, rows), random.integers(0, 50, rows)
    old = random.uniform(size=rows) < 0.3
    y = 3 * a + b * c + np.array([0, 2, 5, 9])[kind] + place / 10 - 2 * old + random.normal(size=rows)
    return pl.DataFrame(
        {
            "a": a,
            "b": b,
            "c": c,
            "gaps": pl.Series(np.where(random.uniform(size=rows) < 0.1, np.nan, a + b), nan_to_null=True).round(4),
            "count": random.integers(0, 1_000, rows),
            "old": old,
            "kind": np.array(["red", "green", "blue", "grey"])[kind],
            "place": pl.Series(place).cast(pl.String).str.pad_start(3, "p"),
            "day": pl.Series(random.integers(15_000, 20_000, rows).astype(np.int32)).cast(pl.Date),
            "y": y.round(4),
        }
    )


def as_csv(frame: pl.DataFrame) -> bytes:
    """Return a table as CSV."""
    text = io.BytesIO()
    frame.write_csv(text)
    return text.getvalue()
