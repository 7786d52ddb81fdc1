"""Reading of tables: the options that overrule what is detected, and the record of what was decided."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from mlapp.schemas.types import ColumnType, Format, OmitIfNone, Schema

DecimalSign = Literal[".", ","]
DateOrder = Literal["dmy", "mdy", "ymd"]


def parse_json(value: object) -> object:
    """Parse an object that was sent as text, as query strings and forms have only texts."""
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
        # Lone surrogates, which JSON can escape, are no text.
        json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return value
    return parsed


ColumnTypes = Annotated[dict[str, ColumnType], BeforeValidator(parse_json)]


class FileOptions(Schema):
    """How a file is read; whatever is null is detected. An option always wins over what the file looks like."""

    sheet: str | None = None
    """Name of the sheet of a workbook; the first one that has a table if not given."""
    encoding: str | None = None
    """Text encoding of a CSV, such as `utf-8` or `cp1252`."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """Delimiter of a CSV."""
    decimal: DecimalSign | None = None
    """Decimal sign of numbers in texts: `.` or `,`."""
    date_order: DateOrder | None = None
    """Order of day, month and year in dates such as `01/02/2024`: `dmy`, `mdy` or `ymd`."""
    header_row: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """Line of the column names, counted from 1; 0 if the file has none."""
    na_values: list[str] = Field(default_factory=list)
    """Further texts that are missing values."""
    keep_values: list[str] = Field(default_factory=list)
    """Texts that are values, although they usually mark missing values, such as `NA`."""

    @property
    def needed_columns(self) -> set[str]:
        """Columns that are read although they would be left out, such as an index."""
        return set()


class PredictOptions(FileOptions):
    """Options of a prediction, and how the table is read."""

    version: int | str | None = None
    """The version that predicts: a number, `active` or `latest`; by default the active one."""
    bad_rows: Literal["refuse", "skip"] = "refuse"
    """`skip`: answer a file in spite of rows that cannot be predicted, with the reason in a column `problem`."""
    explain: bool = False
    """Add the contribution of each feature to the prediction of each row; in files, a column `why` with the three
    largest. At most 10,000 rows."""
    sets: bool = False
    """Add the set of classes that contains the true one with the nominal coverage; in files, a column `set`."""


class ColumnFormat(Schema):
    """How the values of a column are written in the training table; decides what is ambiguous at prediction."""

    decimal: OmitIfNone[DecimalSign] = None
    """Decimal sign of its numbers; null if no number has one."""
    thousands: OmitIfNone[str] = None
    """Thousands separator of its numbers; null if no number has one."""
    unit: OmitIfNone[str] = None
    """Unit, currency or `%` of its numbers. Percentages are fractions: `24.7%` is 0.247."""
    dates: OmitIfNone[str] = None
    """How its dates and times are written: an order (`dmy`, `mdy`, `ymd`, or `yymmdd` for years such as `24`), numbers
    (`epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`, `excel`, `yyyymmdd`), or `duration` for times and durations, which
    are numbers of seconds (`duration_mm_ss` where `4:15` is minutes and seconds)."""
    words: OmitIfNone[dict[str, bool]] = None
    """Words of a boolean column, in lower case, and their values."""
    missing: OmitIfNone[list[str]] = None
    """Marks of missing values in the column."""
    odd: OmitIfNone[list[str]] = None
    """Words without digits in a column of numbers or dates, which count as missing values."""
    kept: OmitIfNone[list[str]] = None
    """Texts that are values in this column, although they usually mark missing values."""
    spellings: OmitIfNone[dict[str, str]] = None
    """Spellings that are merged, and the value that each stands for."""


class ReadAs(Schema):
    """How a file was read."""

    format: Format
    packed: OmitIfNone[str] = None
    """Compression: `gzip`, `zip` or `zstd`."""
    encoding: OmitIfNone[str] = None
    """Text encoding of a CSV."""
    bom: OmitIfNone[bool] = None
    """Whether a CSV starts with a byte order mark."""
    delimiter: OmitIfNone[str] = None
    """Delimiter of a CSV."""
    quote: OmitIfNone[str] = None
    """Quote character of a CSV, if it is not `"`."""
    line_end: OmitIfNone[str] = None
    """Line end of a CSV."""
    sheet: OmitIfNone[str] = None
    """Sheet of a workbook that holds the table."""
    sheets: OmitIfNone[list[str]] = None
    """All sheets of a workbook."""
    header_row: OmitIfNone[int] = None
    """Line of the column names, counted from 1; 0 if there is none."""
    decimal: OmitIfNone[DecimalSign] = None
    """Decimal sign of numbers in texts; null if none has one."""
    date_order: OmitIfNone[DateOrder] = None
    """Order of day, month and year in dates; null if there are none."""
    left_out: list[str] = Field(default_factory=list)
    """Lines and columns around the table that were left out, as sentences."""
    warnings: list[str] = Field(default_factory=list)
    """What was ambiguous, as sentences."""

    def completed(self, formats: Iterable[ColumnFormat | None]) -> "ReadAs":
        """Return it with the decimal sign and the date order that most columns have."""
        columns = [each for each in formats if each]
        decimals = Counter(each.decimal for each in columns if each.decimal).most_common(1)
        orders = Counter(each.dates for each in columns if each.dates in get_args(DateOrder)).most_common(1)
        found = {"decimal": decimals and decimals[0][0], "date_order": orders and orders[0][0]}
        return self.model_copy(update={name: value for name, value in found.items() if value})


JSON_AS_READ = ReadAs(format=Format.JSON)
