"""Rows of totals: labelled as such, and equal to the sums or means of the columns."""

import re

import polars as pl

from mlapp.tables.columns.conversion import unnamed
from mlapp.tables.dialects.cells import Row, filled, kind_of

LABEL = re.compile(
    r"((grand|sub|overall)[ -]?)?totals?|total (general|général)|totale|totaal|sums?|overall|"
    r"(gesamt|zwischen)?summe|(ins)?gesamt|somme|ensemble|suma|somma|summa|som|soma|razem|łącznie|celkem|összesen|yhteensä|sammanlagt|итого|всего|"
    r"сумма|合计|总计|合計|総計|합계|average|avg|mean|mittel(wert)?|(durch)?schnitt|moyenne|promedio|m[eé]dia|gemiddelde|"
    r"średnia|průměr|medel|gennemsnit|keskiarvo|среднее|平均|평균|(total|summe|sum of|mean of|average of|ø) .*|ø|totalt"
)
"""Labels of sums and means, in lower case."""
_SYMBOLS = r"[\s$€£¥₹%'’\u00a0\u202f]"


def is_total_label(cell: str | None) -> bool:
    """Return whether a cell says that its row is a total or a mean."""
    text = re.sub(r"[\W_]+", " ", cell or "").strip().casefold()
    return bool(LABEL.fullmatch(text))


def is_total_of(row: Row, rows: pl.DataFrame) -> bool:
    """Return whether all numbers of a row are sums or means of the columns of `rows`, and there is one.

    A single row equals its own sum, so there must be several.
    """
    numbers = [index for index in filled(row) if kind_of(row[index]) == "number"]
    return (
        bool(numbers)
        and rows.height > 1
        and all(_is_total(row[index] or "", rows.to_series(index)) for index in numbers)
    )


def _is_total(cell: str, column: pl.Series) -> bool:
    """Return whether a number equals the sum or the mean of a column, with decimal point or comma."""
    return any(_equals(*_numbers(cell, column, decimal)) for decimal in ".,")


def _equals(total: float | None, decimals: int, values: pl.Series) -> bool:
    if total is None or not values.count():
        return False
    tolerance = 0.51 * 10.0**-decimals + 1e-9 * abs(total)
    mean = values.mean()
    sums = [float(values.sum())] + ([mean] if isinstance(mean, float) else [])
    return any(abs(total - value) <= tolerance for value in sums)


def _numbers(cell: str, column: pl.Series, decimal: str) -> tuple[float | None, int, pl.Series]:
    """Return a total, its number of decimal places, and the values of its column."""
    if column.dtype.is_numeric():
        values = unnamed(column).cast(pl.Float64)
    else:
        texts = unnamed(column).cast(pl.String)
        values = texts.cast(pl.Float64, strict=False)
        if decimal == "," or values.null_count() > texts.null_count():
            values = _plain(texts, decimal).cast(pl.Float64, strict=False)
    plain = _plain(pl.Series([cell]), decimal)
    total = plain.cast(pl.Float64, strict=False)[0]
    return total, len(plain[0].partition(".")[2]), values.fill_nan(None)


def _plain(texts: pl.Series, decimal: str) -> pl.Series:
    """Return numbers with a decimal point, and without separators, symbols and parentheses."""
    thousands = "," if decimal == "." else "."
    texts = texts.str.replace_all(_SYMBOLS, "").str.replace_all(thousands, "", literal=True)
    texts = texts.str.replace_all(r"^\((.*)\)$", "-${1}")
    return texts.str.replace_all(decimal, ".", literal=True)
