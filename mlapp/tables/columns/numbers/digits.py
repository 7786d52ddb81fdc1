"""Numbers as people write them: decimal commas, thousands separators, signs, exponents, and what stands around them."""

from typing import NamedTuple

import polars as pl

from mlapp.schemas import DecimalSign

SPACE = " \u00a0\u2007\u2009\u202f"
APOSTROPHE = "'’"
DASH = r"\-−–"
_SIGN = rf"[+{DASH}]"
_DIGITS = rf"[.,]?[0-9](?:[0-9.,{APOSTROPHE}]|[{SPACE}][0-9])*"
_PREFIX = rf"[^\W\d_]{{1,4}}\.|[^0-9\s.,+()'’%{DASH}]{{1,4}}"
_SUFFIX = rf"\+|l/100 ?km|[^0-9\s.,+()'’{DASH}](?:[^0-9(){DASH}]{{0,14}}[^0-9\s(){DASH}])?[23]?"
PARTS = (
    rf"^(?P<open>\()?(?P<sign>{_SIGN})?[{SPACE}]?(?P<prefix>{_PREFIX})?[{SPACE}]?(?P<inner>{_SIGN}|\()?"
    rf"(?P<digits>{_DIGITS})(?P<exponent>[eE][+-]?[0-9]+)?(?P<trail>[{DASH}]{{1,2}}|/-)?"
    rf"[{SPACE}]?(?P<suffix>{_SUFFIX})?(?P<close>\))?$"
)
"""The parts of a number: sign or parentheses, currency or unit, digits, exponent."""


def _grouped(separator: str) -> str:
    return rf"[1-9][0-9]{{0,2}}(?:[{separator}][0-9]{{3}})+"


_WHOLE = rf"0|[1-9][0-9]*|{_grouped(APOSTROPHE)}|{_grouped(SPACE)}"
DIGITS: dict[DecimalSign, str] = {
    ".": rf"^(?:(?:{_WHOLE}|{_grouped(',')}|[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}})(?:\.[0-9]*)?|\.[0-9]+)$",
    ",": rf"^(?:(?:{_WHOLE}|{_grouped('.')})(?:,[0-9]+)?|,[0-9]+)$",
}
"""Digits that are properly grouped, by decimal sign; `12,34,567` is Indian."""
SEPARATORS: dict[DecimalSign, str] = {".": f"[,{APOSTROPHE}{SPACE}]", ",": f"[.{APOSTROPHE}{SPACE}]"}
THOUSANDS = {",": ",", ".": ".", "'": APOSTROPHE, " ": SPACE}
"""Thousands separators by the one that stands for all of their forms."""
GROUPS_OF_THREE = r"^\s*[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+\s*$"
"""Numbers whose point may be a thousands separator."""
IP_ADDRESS = r"^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$"
MIN_PHONE_DIGITS = 9
AFFIX_SEPARATOR, BARE_AFFIX = "\0", "\0"
PIECE_ROWS = 100_000


def split_numbers(text: pl.Series) -> pl.DataFrame:
    """Split numbers into their parts; `digits` are null for other text.

    Returns:
        `negative`, `affix`: prefix and suffix with `AFFIX_SEPARATOR` between them, `digits` and `exponent`.
    """
    # In pieces, as the parts of a million numbers take much memory.
    return pl.concat(_split(piece.to_series()) for piece in pieces(text.to_frame()))


def pieces(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """Return a frame in pieces of some rows, at least one."""
    return list(frame.iter_slices(PIECE_ROWS)) or [frame]


def _split(text: pl.Series) -> pl.DataFrame:
    parts = text.str.extract_groups(PARTS).struct.unnest().with_columns(pl.exclude("digits").fill_null(""))
    digits, trail, sign, exponent = pl.col("digits"), pl.col("trail"), pl.col("sign"), pl.col("exponent")
    opened = (pl.col("open") != "").cast(pl.Int8) + (pl.col("inner") == "(").cast(pl.Int8)
    closed = (pl.col("close") != "").cast(pl.Int8)
    signs = (sign != "").cast(pl.Int8) + pl.col("inner").str.contains(_SIGN).cast(pl.Int8)
    is_bare = (pl.col("prefix") == "") & (pl.col("suffix") == "")
    # As in `CHF 1'000.-`.
    without_cents = (trail != "") & digits.str.contains(r"[.,]$") & ~is_bare
    is_rupees = (trail == "/-") & ~is_bare
    # `5-` may be a range that is open; `1.234,50-` is an amount.
    is_trailing = trail.str.contains(f"^[{DASH}]$") & digits.str.contains(r"[.,'][0-9]+$") & (pl.col("suffix") == "")
    is_phone = (sign == "+") & digits.str.contains(f"[{SPACE}]")
    is_number = (
        (opened == closed)
        & (opened + signs + is_trailing.cast(pl.Int8) <= 1)
        & ((trail == "") | without_cents | is_trailing | is_rupees)
        & ((exponent == "") | (is_bare & digits.str.contains(r"^[0-9]*[.,]?[0-9]*$")))
        & ~is_phone
    )
    dashes = pl.concat_str("sign", "inner", pl.when(is_trailing).then(trail).otherwise(pl.lit("")))
    return parts.select(
        negative=(opened > 0) | dashes.str.contains(f"[{DASH}]"),
        affix=pl.concat_str("prefix", pl.lit(AFFIX_SEPARATOR), "suffix"),
        digits=pl.when(is_number).then(pl.when(without_cents).then(digits.str.head(-1)).otherwise(digits)),
        exponent="exponent",
    )


def canonical_digits(digits: pl.Series, decimal: DecimalSign) -> pl.Series:
    """Return digits with a decimal point and without separators; null if they are not grouped properly."""
    fitting = pl.select(pl.when(digits.str.contains(DIGITS[decimal])).then(digits)).to_series()
    return fitting.str.replace_all(SEPARATORS[decimal], "").str.replace(",", ".", literal=True)


def fitting(digits: pl.Series) -> int:
    """Return how many digits are grouped properly by either decimal sign."""
    return int((digits.str.contains(DIGITS["."]) | digits.str.contains(DIGITS[","])).sum())


class DecimalEvidence(NamedTuple):
    """How many numbers of a column have decimal points, decimal commas, or a sign that may separate thousands."""

    points: int
    commas: int
    ambiguous_points: int
    """Such as `1.234`."""
    ambiguous_commas: int
    """Such as `1,234`."""

    @property
    def numbers(self) -> int:
        """The number of all of them."""
        return sum(self)

    @property
    def is_ambiguous(self) -> bool:
        """Whether some of the numbers are ambiguous."""
        return bool(self.ambiguous_points or self.ambiguous_commas)

    @property
    def decimal(self) -> DecimalSign | None:
        """The decimal sign; None if all numbers are ambiguous or some contradict."""
        if bool(self.points) == bool(self.commas):
            return None
        return "." if self.points else ","


def decimal_evidence(digits: pl.Series) -> DecimalEvidence:
    """Count the numbers that fit only one decimal sign, and those that fit both with different values."""
    found = digits.drop_nulls()
    found = found.filter(found.str.contains("[.,]"))
    point, comma = found.str.contains(DIGITS["."]), found.str.contains(DIGITS[","])
    both = found.filter(point & comma)
    has_point = both.str.contains(".", literal=True)
    return DecimalEvidence(
        points=int((point & ~comma).sum()),
        commas=int((comma & ~point).sum()),
        ambiguous_points=int(has_point.sum()),
        ambiguous_commas=int((~has_point).sum()),
    )


def thousands_separators(digits: pl.Series, decimal: DecimalSign) -> list[str]:
    """Return the thousands separators that digits have."""
    separators = [separator for separator in THOUSANDS if separator != decimal]
    return [separator for separator in separators if digits.str.contains(f"[{THOUSANDS[separator]}]").any()]


def grouping_problem(digits: pl.Series, separators: list[str]) -> str | None:
    """Return why digits that are properly grouped are not numbers, as the rest of a sentence."""
    if len(separators) > 1:
        return "its numbers have different thousands separators"
    if not separators:
        return None
    if (digits.str.contains(",[0-9]{2},")).any() and digits.str.contains("^[0-9]{3},|,[0-9]{3},").any():
        return "its numbers are grouped in different ways"
    grouped = digits.filter(digits.str.contains(f"[{THOUSANDS[separators[0]]}]"))
    if separators == ["."] and grouped.str.contains(IP_ADDRESS).all():
        return "its values look like IP addresses"
    lengths = digits.str.count_matches("[0-9]")
    is_whole = not digits.str.contains("[.,]").any()
    if separators == [" "] and is_whole and len(digits) > 1 and (lengths == max(lengths[0], MIN_PHONE_DIGITS)).all():
        return "its values look like telephone numbers"
    return None
