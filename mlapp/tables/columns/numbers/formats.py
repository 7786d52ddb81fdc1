"""Columns of formatted numbers: one decimal sign, one thousands separator and one kind of unit for all values."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from mlapp.schemas import ColumnFormat, ColumnType, DecimalSign
from mlapp.tables.columns.conventions import Conventions
from mlapp.tables.columns.conversion import convert_plain
from mlapp.tables.columns.numbers.digits import (
    AFFIX_SEPARATOR,
    BARE_AFFIX,
    DecimalEvidence,
    canonical_digits,
    decimal_evidence,
    fitting,
    grouping_problem,
    pieces,
    split_numbers,
    thousands_separators,
)
from mlapp.tables.columns.numbers.units import BARE, Unit, choose_units, possible_units

SIGNS: dict[DecimalSign, str] = {".": "points", ",": "commas"}
MAX_SHIFT = 18
MIN_NEAR = 0.9


class NumberColumn(NamedTuple):
    """A column of text as numbers."""

    values: pl.Series
    invalid: pl.Series
    """True for texts that are not numbers of the format."""
    read_as: ColumnFormat
    problem: str | None = None
    """Why the column is not read as numbers, as the rest of a sentence."""
    is_near: bool = False
    """Whether it is no column of numbers, but nine in ten of the texts are numbers of some format."""
    warning: str | None = None
    """What was ambiguous, as the rest of a sentence."""


class _Affix(NamedTuple):
    """What stands around the digits of some numbers."""

    text: str
    """Prefix and suffix."""
    rows: int
    units: list[Unit]
    """Possible meanings; none if it is unknown."""


_Sizes = Mapping[str, Fraction]
"""What numbers are multiplied by, by prefix and suffix."""


def infer_numbers(text: pl.Series, conventions: Conventions) -> NumberColumn:
    """Read a column of a training table in the format that its numbers share; null texts are missing."""
    parts = split_numbers(text)
    digits = parts["digits"].drop_nulls()
    evidence = decimal_evidence(digits)
    decimal, problem, warning = _training_decimal(evidence, conventions)
    separators = thousands_separators(digits, decimal)
    affixes = [affix for affix in _affixes(parts) if affix.units]
    units = choose_units([affix.units for affix in affixes])
    problem = problem or grouping_problem(digits, separators)
    if units is None and not problem:
        problem = "its numbers have different units"
    target = _most_frequent(affixes, units or [])
    sizes = {
        affix.text: unit.size if target.is_fraction else unit.size / target.size
        for affix, unit in zip(affixes, units or [], strict=False)
        if unit.name or not target.name or target.is_optional
    }
    values, invalid = _values(text, parts, decimal, sizes, zeros=True)
    has_sign = digits.str.contains(decimal, literal=True).any()
    read_as = ColumnFormat(
        decimal=decimal if has_sign else None,
        thousands=separators[0] if separators else None,
        unit=target.name or None,
    )
    is_near = bool(problem or invalid.any()) and _are_near(parts, affixes, len(text) - text.null_count())
    return NumberColumn(values, invalid, read_as, problem, is_near, warning)


def _are_near(parts: pl.DataFrame, affixes: Sequence[_Affix], present: int) -> bool:
    """Return whether nine in ten texts are numbers with a known unit or none."""
    known = parts["digits"].filter(parts["affix"].is_in([affix.text for affix in affixes])).drop_nulls()
    return fitting(known) >= MIN_NEAR * present


def convert_numbers(text: pl.Series, read_as: ColumnFormat, conventions: Conventions) -> NumberColumn:
    """Read a column at prediction; `read_as` decides what is ambiguous. Null texts are missing."""
    parts = split_numbers(text)
    sizes = _prediction_sizes(_affixes(parts), read_as.unit, own_evidence=conventions.is_file)
    if conventions.is_decimal_given and conventions.decimal:
        decimal = conventions.decimal
    elif conventions.is_file:
        decimal = _prediction_decimal(decimal_evidence(parts["digits"]), conventions, read_as)
    else:
        decimal = _prior_decimal(read_as) or "."
    values, invalid = _values(text, parts, decimal, sizes, zeros=False)
    if not (conventions.is_file or conventions.is_decimal_given) and invalid.any():
        # A text that fits only the plain notation.
        plain, _ = convert_plain(text, ColumnType.NUMBER)
        values, invalid = values.fill_null(plain), invalid & plain.is_null()
    return NumberColumn(values, invalid, read_as)


def _training_decimal(
    evidence: DecimalEvidence, conventions: Conventions
) -> tuple[DecimalSign, str | None, str | None]:
    """Return the decimal sign of a column, why it is contradictory, and what was ambiguous."""
    other = conventions.decimal
    if other and conventions.is_decimal_given:
        return other, None, None
    if evidence.points and evidence.commas:
        return ".", "some of its numbers have decimal commas, others decimal points", None
    if own := evidence.decimal:
        differs = other and own != other
        return own, None, f"has decimal {SIGNS[own]}, unlike other columns" if differs else None
    if evidence.ambiguous_commas and evidence.ambiguous_points and not other:
        return ".", "some of its numbers have commas, others points, and both may separate thousands", None
    if not evidence.ambiguous_commas and not evidence.ambiguous_points:
        return ".", None, None
    sign: DecimalSign = "," if evidence.ambiguous_commas else "."
    decimal = other or _default_decimal(evidence, conventions)
    meaning = f"the decimal {SIGNS[sign][:-1]}" if decimal == sign else "the thousands separator"
    others: DecimalSign = "," if decimal == "." else "."
    warning = f"is read with '{sign}' as {meaning}; send decimal={others} if that is wrong"
    return decimal, None, None if other == "." else warning


def _default_decimal(evidence: DecimalEvidence, conventions: Conventions) -> DecimalSign:
    """Return the decimal sign of numbers such as `1,234` and `1.234`, where nothing else decides."""
    return "," if evidence.ambiguous_commas and conventions.delimiter == ";" else "."


def _prediction_decimal(evidence: DecimalEvidence, conventions: Conventions, read_as: ColumnFormat) -> DecimalSign:
    points, commas, prior = evidence.points, evidence.commas, _prior_decimal(read_as)
    if points and commas:
        # A few typos must not turn `5.721` into 5,721.
        points += evidence.ambiguous_points if prior != "," else 0
        commas += evidence.ambiguous_commas if prior == "," else 0
    if points != commas:
        return "." if points > commas else ","
    if not points and conventions.decimal:
        return conventions.decimal
    return prior or _default_decimal(evidence, conventions)


def _prior_decimal(read_as: ColumnFormat) -> DecimalSign | None:
    """Return the decimal sign of the training column, which may follow from its thousands separator."""
    others: dict[str | None, DecimalSign] = {",": ".", ".": ","}
    return read_as.decimal or others.get(read_as.thousands)


def _affixes(parts: pl.DataFrame) -> list[_Affix]:
    counts = parts["affix"].filter(parts["digits"].is_not_null()).value_counts(name="rows").sort("affix")
    return [_Affix(text, rows, possible_units(*text.split(AFFIX_SEPARATOR))) for text, rows in counts.iter_rows()]


def _most_frequent(affixes: Sequence[_Affix], units: Sequence[Unit]) -> Unit:
    """Return the unit of a column: the most frequent one; numbers without a unit count beside magnitudes only."""
    counts: dict[Unit, int] = {}
    for affix, unit in zip(affixes, units, strict=False):
        counts[unit] = counts.get(unit, 0) + affix.rows
    if any(unit.name and unit.dimension != "magnitude" for unit in counts):
        counts.pop(BARE, None)
    return max(counts, key=lambda unit: counts[unit], default=BARE)


def _prediction_sizes(affixes: Sequence[_Affix], name: str | None, *, own_evidence: bool) -> _Sizes:
    """Return what numbers are multiplied by to be in the unit `name`; those with other units are left out."""
    best: dict[str, Fraction] = {}
    for target in possible_units("", name or ""):
        sizes = {}
        for affix in affixes:
            unit = next((unit for unit in affix.units if unit.converts_to(target)), None)
            if unit:
                sizes[affix.text] = unit.size if unit.is_fraction else unit.size / target.size
        if BARE_AFFIX in [affix.text for affix in affixes]:
            # `950` beside `1.2k` is not 950 k.
            is_mixed = own_evidence and bool(sizes) and target.is_optional
            sizes[BARE_AFFIX] = 1 / target.size if is_mixed else Fraction(1)
        best = max(best, sizes, key=len)
    return best


def _values(
    text: pl.Series, parts: pl.DataFrame, decimal: DecimalSign, sizes: _Sizes, *, zeros: bool
) -> tuple[pl.Series, pl.Series]:
    """Return the numbers, and a boolean column that is true for other texts; `zeros` need no unit."""
    values = pl.concat([_scaled(piece, decimal, sizes, zeros=zeros) for piece in pieces(parts)])
    return values, text.is_not_null() & values.is_null()


def _scaled(parts: pl.DataFrame, decimal: DecimalSign, sizes: _Sizes, *, zeros: bool) -> pl.Series:
    """Return numbers in the unit of the column, exact where units differ by a power of ten."""
    shifts = {affix: _shift(size) for affix, size in sizes.items()}
    powers = {affix: f"e{shift}" if shift else "" for affix, shift in shifts.items()}
    digits = canonical_digits(parts["digits"], decimal).alias("digits")
    power = parts["affix"].replace_strict(powers, default=None, return_dtype=pl.String).alias("power")
    if zeros:
        is_zero = (parts["affix"] == BARE_AFFIX) & digits.str.contains(r"^0\.?0*$")
        power = pl.select(pl.when(power.is_null() & is_zero).then(pl.lit("")).otherwise(power)).to_series()
    sign = pl.when("negative").then(pl.lit("-")).otherwise(pl.lit(""))
    tail = pl.when(pl.col("exponent") == "").then(power).when(power == "").then("exponent")
    texts = parts.select(pl.concat_str(sign, digits, tail)).to_series().alias("")
    values, _ = convert_plain(texts, ColumnType.NUMBER)
    factors = {affix: sizes[affix].as_integer_ratio() for affix, shift in shifts.items() if shift is None}
    if factors:
        numerator, denominator = (
            parts["affix"].replace_strict(
                {affix: float(factor[place]) for affix, factor in factors.items()}, default=1.0, return_dtype=pl.Float64
            )
            for place in (0, 1)
        )
        values = values * numerator / denominator
    return values


def _shift(size: Fraction) -> int | None:
    """Return the exponent of a power of ten; None for other factors."""
    return next((shift for shift in range(-MAX_SHIFT, MAX_SHIFT + 1) if size == Fraction(10) ** shift), None)
