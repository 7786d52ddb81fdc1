"""Synthetic tables: with columns of all types but text, and with a text, and a target that depends on them."""

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


def wide(rows: int) -> pl.DataFrame:
    """Return the features of `mixed`, 11 numbers of which some interact, and `y`: 20 features."""
    frame, more = mixed(rows), np.random.default_rng(1).normal(size=(11, rows)).round(4)
    added = 3 * np.sin(2 * more[0]) + 3 * more[1] * (more[2] > 0) + 2 * more[3] * more[4] + more[5:].sum(axis=0)
    numbers = [pl.Series(f"more {index}", column) for index, column in enumerate(more)]
    return frame.with_columns(numbers).with_columns(y=frame["y"] + pl.Series(added))


def reviews(rows: int) -> pl.DataFrame:
    """Return a text of 15 words of a vocabulary of 5,000, two numbers, and `y`, which words and numbers add up to."""
    random = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    vocabulary = np.array(["".join(random.choice(letters, random.integers(2, 9))) for _ in range(5_000)])
    # Zipf's law: the n-th word is n times as rare as the first one.
    frequencies = 1 / np.arange(1, len(vocabulary) + 1)
    words = random.choice(len(vocabulary), (rows, 15), p=frequencies / frequencies.sum())
    a, b = random.normal(size=(2, rows)).round(4)
    y = random.normal(size=len(vocabulary))[words].sum(axis=1) + a + random.normal(size=rows)
    text = pl.DataFrame(vocabulary[words]).select(pl.concat_str(pl.all(), separator=" ")).to_series()
    return pl.DataFrame({"review": text, "a": a, "b": b, "y": y.round(4)})


def as_csv(frame: pl.DataFrame) -> bytes:
    """Return a table as CSV."""
    text = io.BytesIO()
    frame.write_csv(text)
    return text.getvalue()
