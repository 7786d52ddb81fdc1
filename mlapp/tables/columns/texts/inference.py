"""Inference of types and formats of text columns."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from mlapp.errors import shorten
from mlapp.schemas import ColumnFormat, ColumnType
from mlapp.tables.columns.conventions import Conventions
from mlapp.tables.columns.conversion import infer_plain_type, is_whole, no_values, spread, unnamed
from mlapp.tables.columns.dates import infer_dates
from mlapp.tables.columns.epochs import infer_epochs
from mlapp.tables.columns.numbers.digits import GROUPS_OF_THREE
from mlapp.tables.columns.numbers.formats import NumberColumn, infer_numbers
from mlapp.tables.columns.texts.booleans import BITS, boolean_words, may_be_booleans, read_booleans
from mlapp.tables.columns.texts.marks import Marks, marks_of, null_numbers, stripped_without_marks, without_text_marks
from mlapp.tables.columns.texts.obstacles import (
    MAX_EXPLAINED,
    date_order_warning,
    dates_obstacle,
    marks_warning,
    numbers_obstacle,
    odd_warning,
    reject,
)
from mlapp.tables.columns.texts.sampling import SAMPLE_ROWS, is_word, may_be_quantities, read_dates
from mlapp.tables.columns.times import infer_durations

MAX_ODD = 0.02
"""Largest share of words without digits in a column of numbers or dates."""
NUMBERS = (ColumnType.NUMBER, ColumnType.INTEGER)
TEXTS = (ColumnType.CATEGORY, ColumnType.TEXT)
"""Types that take the text of any value."""


class InferredColumn(NamedTuple):
    """A column with its type."""

    type: ColumnType
    values: pl.Series
    """Converted to the type; null for missing values."""
    read_as: ColumnFormat | None
    """How its values are written; None if they are plain."""
    warnings: list[str]
    """What was ambiguous or stands in the way of a narrower type, as sentences."""


def infer_plain_text(raw: pl.Series, conventions: Conventions) -> InferredColumn | None:
    """Return the type of a column of plain text; None if it has to be looked at more closely."""
    found = None if conventions.na_values else infer_plain_type(raw)
    if not found or (found[0] in NUMBERS and _has_ambiguous_points(unnamed(raw), found[0], conventions)):
        return None
    plain = InferredColumn(*found, None, [])
    return as_epochs(plain, raw.name) if plain.type in NUMBERS else plain


def _has_ambiguous_points(text: pl.Series, kind: ColumnType, conventions: Conventions) -> bool:
    """Return whether the points in a column of plain numbers may be thousands separators; a few values rule it out."""
    if conventions.decimal == ".":
        return False
    if conventions.decimal == ",":
        return bool(text.str.contains(".", literal=True).any())
    head = _with_points(text.head(SAMPLE_ROWS))
    if (head.is_empty() and kind is ColumnType.INTEGER) or not head.str.contains(GROUPS_OF_THREE).all():
        return False
    pointed = _with_points(text)
    return not pointed.is_empty() and bool(pointed.str.contains(GROUPS_OF_THREE).all())


def _with_points(text: pl.Series) -> pl.Series:
    return text.filter(text.str.contains(".", literal=True))


def infer_text(raw: pl.Series, conventions: Conventions, *, words: bool) -> InferredColumn:
    """Return the type of a column of text, with numbers, dates and booleans as people write them."""
    marks = marks_of(conventions)
    sample = stripped_without_marks(spread(unnamed(raw), SAMPLE_ROWS), marks.other).text.drop_nulls()
    if may_be_booleans(sample, words=words) and (booleans := _booleans(raw, marks, words=words)):
        return booleans
    if not may_be_quantities(sample, raw.name, conventions):
        return text_categories(raw, marks)
    text, missing = stripped_without_marks(unnamed(raw), marks.other)
    is_odd = is_word(text)
    present, odd = len(text) - text.null_count(), text.filter(is_odd)
    if not present or len(odd) > MAX_EXPLAINED * present:
        return text_categories(raw, marks)
    without_odd = pl.select(pl.when(~is_odd).then(text)).to_series()
    number = read_numbers(without_odd, raw.name, conventions)
    if len(odd) <= MAX_ODD * present and not odd.is_in(list(marks.kept)).any():
        read_as = ColumnFormat(missing=missing or None, kept=_kept(text, marks))
        if len(odd):
            read_as.odd = odd.unique().sort().to_list()
        found = _as_number(raw.name, number, read_as, marks) or _as_dates(without_odd, raw.name, read_as, conventions)
        if found:
            return found._replace(warnings=found.warnings + ([odd_warning(raw.name, odd)] if len(odd) else []))
    obstacle = numbers_obstacle(raw.name, text, number, is_odd)
    return text_categories(raw, marks, obstacle or dates_obstacle(raw.name, text, read_dates(text, conventions)))


def _booleans(raw: pl.Series, marks: Marks, *, words: bool) -> InferredColumn | None:
    text, missing = stripped_without_marks(unnamed(raw), marks.other)
    found = boolean_words(text, words=words)
    if not found:
        return None
    read_as = ColumnFormat(words=_named(found), missing=missing or None, kept=_kept(text, marks))
    return InferredColumn(ColumnType.BOOLEAN, read_booleans(text, found), read_as, [])


def _as_number(name: str, number: NumberColumn, read_as: ColumnFormat, marks: Marks) -> InferredColumn | None:
    if number.problem or number.invalid.any():
        return None
    found = without_number_marks(number.values, _merged(read_as, number.read_as), marks)
    return as_epochs(found._replace(warnings=_number_warnings(name, number)), name)


def as_epochs(found: InferredColumn, name: str) -> InferredColumn:
    """Return a column of numbers as dates, if its name and all its values say so."""
    epochs = infer_epochs(found.values, name)
    if not epochs:
        return found
    read_as = (found.read_as or ColumnFormat()).model_copy(update={"dates": epochs.dates})
    return InferredColumn(ColumnType.DATETIME, epochs.values, read_as, found.warnings)


def _as_dates(text: pl.Series, name: str, read_as: ColumnFormat, conventions: Conventions) -> InferredColumn | None:
    """Return a column of dates, or of durations as numbers of seconds."""
    if dates := infer_dates(text, name, conventions):
        warnings = [date_order_warning(name, dates.dates)] if dates.ambiguous else []
        is_plain = dates.dates == "ymd"
        read_as = read_as.model_copy(update={"dates": None if is_plain else dates.dates})
        return InferredColumn(ColumnType.DATETIME, dates.values, read_as, warnings)
    if durations := infer_durations(text):
        kind = ColumnType.INTEGER if is_whole(durations.values).all() else ColumnType.NUMBER
        return InferredColumn(kind, durations.values, read_as.model_copy(update={"dates": durations.dates}), [])
    return None


def text_categories(raw: pl.Series, marks: Marks, warnings: Sequence[str] = ()) -> InferredColumn:
    """Return a column of text as categories, as they are spelled."""
    values, missing = without_text_marks(raw, marks.text)
    found = [marks_warning(raw.name, missing)] if missing else []
    read_as = ColumnFormat(missing=missing or None, kept=_kept(values, marks))
    return InferredColumn(ColumnType.CATEGORY, values, read_as, [*found, *warnings])


def without_number_marks(
    numbers: pl.Series, read_as: ColumnFormat, marks: Marks, kind: ColumnType | None = None
) -> InferredColumn:
    """Return a column of numbers without those that mark missing values; its type is `kind`, if given."""
    values, missing = null_numbers(numbers, marks.added)
    if missing:
        read_as = read_as.model_copy(update={"missing": sorted({*missing, *(read_as.missing or ())})})
    found = ColumnType.INTEGER if is_whole(values).all() else ColumnType.NUMBER
    return InferredColumn(kind or found, values, read_as, [])


def _kept(text: pl.Series, marks: Marks) -> list[str] | None:
    """Return the values of a column that would mark missing values without the option `keep_values`."""
    return sorted(marks.kept.intersection(text.filter(text.is_in(list(marks.kept))))) or None if marks.kept else None


def read_numbers(text: pl.Series, name: str, conventions: Conventions) -> NumberColumn:
    """Read stripped texts as numbers, plain ones first, as these are read faster."""
    plain = infer_plain_type(text.alias(name), [ColumnType.NUMBER])
    if plain and not _has_ambiguous_points(text, plain[0], conventions):
        return NumberColumn(unnamed(plain[1]), pl.repeat(value=False, n=len(text), eager=True), ColumnFormat())
    return infer_numbers(text, conventions)


def impose_type(raw: pl.Series, kind: ColumnType, conventions: Conventions) -> InferredColumn:
    """Return a column of text as the type that the options ask for.

    Raises:
        Unacceptable: values are not of that type.
    """
    marks = marks_of(conventions)
    if kind in TEXTS:
        return text_categories(raw, marks)._replace(type=kind)
    text, missing = stripped_without_marks(unnamed(raw), marks.other)
    read_as = ColumnFormat(missing=missing or None, kept=_kept(text, marks))
    if kind in NUMBERS:
        return _impose_number(raw, text, kind, read_as, conventions)
    if kind is ColumnType.BOOLEAN:
        words = boolean_words(text) or (BITS if text.is_in(list(BITS)).any() else {})
        values = read_booleans(text, words)
        reject(raw, kind, text.is_not_null() & values.is_null())
        return InferredColumn(kind, values, read_as.model_copy(update={"words": _named(words)}), [])
    dates = _as_dates(text, raw.name, read_as, conventions)
    if not dates or dates.type is not kind:
        number = read_numbers(text, raw.name, conventions)
        dates = impose_epochs(raw, number.values, read_as)
    reject(raw, kind, text.is_not_null() & dates.values.is_null())
    return dates


def impose_epochs(raw: pl.Series, numbers: pl.Series, read_as: ColumnFormat) -> InferredColumn:
    """Return a column of numbers as dates; without values if its name or some values do not say so."""
    found = as_epochs(InferredColumn(ColumnType.NUMBER, unnamed(numbers), read_as, []), raw.name)
    nothing = no_values(unnamed(raw), ColumnType.DATETIME)
    return found if found.type is ColumnType.DATETIME else found._replace(values=nothing)


def _impose_number(
    raw: pl.Series, text: pl.Series, kind: ColumnType, read_as: ColumnFormat, conventions: Conventions
) -> InferredColumn:
    number = read_numbers(text, raw.name, conventions)
    if number.invalid.any() and (durations := infer_durations(text)):
        number = NumberColumn(durations.values, durations.invalid, ColumnFormat(dates=durations.dates))
    reject(raw, kind, number.invalid, number.problem)
    found = without_number_marks(number.values, _merged(read_as, number.read_as), marks_of(conventions), kind)
    reject(raw, kind, not_whole(found))
    return found._replace(warnings=_number_warnings(raw.name, number))


def not_whole(found: InferredColumn) -> pl.Series:
    """Return true for values of a column of integers that are not whole numbers."""
    return (found.values != found.values.floor()).fill_null(value=False) & (found.type is ColumnType.INTEGER)


def _named(words: dict[str, bool]) -> dict[str, bool] | None:
    """Return the words of a boolean column; None for true and false."""
    return None if words.keys() <= {"true", "false"} else words


def _merged(read_as: ColumnFormat, more: ColumnFormat) -> ColumnFormat:
    return read_as.model_copy(update={key: value for key, value in more if value is not None})


def _number_warnings(name: str, number: NumberColumn) -> list[str]:
    return [f"Column '{shorten(name)}' {number.warning}."] if number.warning else []
