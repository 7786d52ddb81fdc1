"""Type inference: the narrowest type of a column over all its values, and how they are written.

Plain values are tried first (`conversion`), as this is fast; then texts as people write them (`texts`, `numbers`,
`dates`, `times`). `texts.marks` has the rules for missing values.
"""

from typing import NamedTuple

import polars as pl

from mlapp.schemas import ColumnFormat, ColumnType
from mlapp.tables.columns.conventions import PLAIN, Conventions
from mlapp.tables.columns.conversion import convert_plain, format_categories, infer_plain_type, unnamed
from mlapp.tables.columns.dates import convert_dates
from mlapp.tables.columns.epochs import NUMBER_CODES, convert_epochs
from mlapp.tables.columns.numbers.formats import convert_numbers
from mlapp.tables.columns.texts.booleans import BITS, read_booleans
from mlapp.tables.columns.texts.inference import (
    NUMBERS,
    TEXTS,
    InferredColumn,
    as_epochs,
    impose_epochs,
    impose_type,
    infer_plain_text,
    infer_text,
    not_whole,
    without_number_marks,
)
from mlapp.tables.columns.texts.marks import (
    MarkedText,
    Marks,
    marks_of,
    null_numbers,
    stripped_without_marks,
    without_text_marks,
)
from mlapp.tables.columns.texts.obstacles import reject
from mlapp.tables.columns.texts.prose import is_prose
from mlapp.tables.columns.texts.sampling import is_word
from mlapp.tables.columns.texts.spellings import apply_spellings, merge_spellings
from mlapp.tables.columns.times import convert_durations


class ConvertedColumn(NamedTuple):
    """A column that was converted to a type."""

    values: pl.Series
    """Null for missing and invalid values."""
    invalid: pl.Series
    """True for values that are not of the type."""
    odd: pl.Series
    """True for words without digits in a column of numbers or dates, which count as missing."""


def infer_column(
    raw: pl.Series,
    conventions: Conventions = PLAIN,
    kind: ColumnType | None = None,
    *,
    words: bool = True,
    merge: bool = False,
) -> InferredColumn:
    """Infer type and format of a whole column of a training table.

    `kind` overrules the type. `words` takes words such as yes and no for booleans, and prose for text, unlike for a
    target. `merge` replaces texts that differ only by case, spaces or Unicode form by the most frequent of them.

    Raises:
        Unacceptable: values are not of the type `kind`, or numbers are beyond ±1e38.
    """
    if raw.dtype != pl.String:
        found = _impose_on_typed(raw, kind, conventions) if kind else _infer_typed(raw, conventions)
    elif kind:
        found = impose_type(raw, kind, conventions)
    else:
        found = infer_plain_text(raw, conventions) or infer_text(raw, conventions, words=words)
        if words and found.type is ColumnType.CATEGORY and is_prose(found.values):
            found = found._replace(type=ColumnType.TEXT)
    read_as = found.read_as or ColumnFormat()
    if merge and found.type is ColumnType.CATEGORY:
        values, spellings = merge_spellings(found.values)
        found, read_as = found._replace(values=values), read_as.model_copy(update={"spellings": spellings})
    return found._replace(values=found.values.alias(raw.name), read_as=None if read_as == ColumnFormat() else read_as)


def convert_column(
    raw: pl.Series, kind: ColumnType, read_as: ColumnFormat | None = None, conventions: Conventions = PLAIN
) -> ConvertedColumn:
    """Convert a column to a type by its own evidence; `read_as` decides what is ambiguous."""
    text, read_as, nowhere = unnamed(raw), read_as or ColumnFormat(), pl.repeat(value=False, n=len(raw), eager=True)
    marks = marks_of(conventions, read_as)
    if kind in TEXTS:
        values = _categories(text, marks).text
        values = apply_spellings(values, read_as.spellings) if read_as.spellings else values
        return ConvertedColumn(values.alias(raw.name), nowhere, nowhere)
    if kind is ColumnType.DATETIME and read_as.dates in NUMBER_CODES and raw.dtype.is_numeric():
        values = convert_epochs(text, read_as.dates)
        invalid = text.is_not_null() & values.is_null()
    else:
        values, invalid = convert_plain(text, kind)
    is_ambiguous = kind in NUMBERS and _may_be_grouped(text, read_as, conventions)
    if raw.dtype == pl.String and (invalid.any() or marks.added or is_ambiguous):
        text = stripped_without_marks(text, marks.other).text
        values = _convert_text(text, kind, read_as, conventions)
        invalid = text.is_not_null() & values.is_null()
    elif raw.dtype.is_numeric() and kind is ColumnType.BOOLEAN and read_as.words:
        values = read_booleans(_categories(text, marks).text, read_as.words)
        invalid = text.is_not_null() & values.is_null()
    if kind in NUMBERS:
        values = null_numbers(values, marks.added).text
    odd = nowhere
    if raw.dtype == pl.String and kind is not ColumnType.BOOLEAN and invalid.any():
        # A text in JSON is more likely an error of the client than a word in a spreadsheet.
        odd = invalid & (is_word(text) if conventions.is_file else text.is_in(read_as.odd or []))
    return ConvertedColumn(values.alias(raw.name), invalid & ~odd, odd)


def _convert_text(text: pl.Series, kind: ColumnType, read_as: ColumnFormat, conventions: Conventions) -> pl.Series:
    """Convert stripped texts without missing marks; null for those that are not of the type."""
    if kind is ColumnType.BOOLEAN:
        return read_booleans(text, read_as.words or {})
    values, invalid = convert_plain(text, kind)
    if not (invalid.any() or (kind in NUMBERS and _may_be_grouped(text, read_as, conventions))):
        return values
    if kind is ColumnType.DATETIME:
        return convert_dates(text, conventions, read_as.dates).values
    numbers = convert_numbers(text, read_as, conventions).values
    return convert_durations(text, read_as.dates).values.fill_null(numbers) if read_as.dates else numbers


def _may_be_grouped(text: pl.Series, read_as: ColumnFormat, conventions: Conventions) -> bool:
    """Return whether points in numbers may be thousands separators, or contradict the option `decimal`."""
    if text.dtype != pl.String or ("," not in (conventions.decimal, read_as.decimal) and read_as.thousands != "."):
        return False
    return bool(text.str.contains(".", literal=True).any())


def _infer_typed(raw: pl.Series, conventions: Conventions) -> InferredColumn:
    marks = marks_of(conventions)
    found = infer_plain_type(raw)
    if not found:
        values, missing = _categories(unnamed(raw), marks)
        return InferredColumn(ColumnType.CATEGORY, values, ColumnFormat(missing=missing or None), [])
    kind, values = found
    if kind not in NUMBERS:
        return InferredColumn(kind, values, None, [])
    return as_epochs(without_number_marks(values, ColumnFormat(), marks), raw.name)


def _impose_on_typed(raw: pl.Series, kind: ColumnType, conventions: Conventions) -> InferredColumn:
    marks, values = marks_of(conventions), unnamed(raw)
    if kind in TEXTS:
        values, missing = _categories(values, marks)
        return InferredColumn(kind, values, ColumnFormat(missing=missing or None), [])
    if kind is ColumnType.BOOLEAN and raw.dtype.is_numeric():
        converted = read_booleans(_categories(values, marks).text, BITS)
        reject(raw, kind, values.is_not_null() & converted.is_null())
        return InferredColumn(kind, converted, ColumnFormat(words=BITS), [])
    if kind is ColumnType.DATETIME and raw.dtype.is_numeric():
        found = impose_epochs(raw, values, ColumnFormat())
        reject(raw, kind, values.is_not_null() & found.values.is_null())
        return found
    converted, invalid = convert_plain(values, kind)
    reject(raw, kind, invalid)
    if kind not in NUMBERS:
        return InferredColumn(kind, converted, None, [])
    found = without_number_marks(converted, ColumnFormat(), marks, kind)
    reject(raw, kind, not_whole(found))
    return found


def _categories(raw: pl.Series, marks: Marks) -> MarkedText:
    """Return a column as categories: texts as they are spelled, and whole numbers without a point."""
    if raw.dtype == pl.String:
        return without_text_marks(raw, marks.text)
    return without_text_marks(format_categories(raw), marks.added)
