"""How a file was read, in words: a summary, and the choices that overrule what was detected."""

import codecs
from collections.abc import Mapping

from mlapp.schemas import Format, ReadAs

FORMATS = {
    Format.CSV: "CSV",
    Format.WORKBOOK: "Workbook",
    Format.PARQUET: "Parquet",
    Format.ARROW: "Arrow",
    Format.NDJSON: "JSON lines",
    Format.JSON: "JSON",
}
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp932": "Japanese (Shift JIS)",
    "gb18030": "Chinese (GB 18030)",
    "cp949": "Korean (Windows-949)",
    "mac-roman": "Macintosh",
    "cp850": "DOS (850)",
}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar", " ": "Blank"}
DECIMALS = {".": "Point: 3.14", ",": "Comma: 3,14"}
DATE_ORDERS = {
    "dmy": "Day first: 31/12/2024",
    "mdy": "Month first: 12/31/2024",
    "ymd": "Year first: 2024/12/31",
}
CHOICES: dict[str, tuple[str, Mapping[str, str]]] = {
    "encoding": ("Encoding", ENCODINGS),
    "delimiter": ("Delimiter", DELIMITERS),
    "decimal": ("Decimal sign", DECIMALS),
    "date_order": ("Dates", DATE_ORDERS),
}
"""Label and values of the options with a fixed list of values."""
TEXT_OPTIONS = ("decimal", "date_order")
OPTIONS = {
    Format.CSV: ("header_row", "delimiter", "encoding", *TEXT_OPTIONS),
    Format.WORKBOOK: ("sheet", "header_row", *TEXT_OPTIONS),
}


def reading_options(file_format: Format) -> tuple[str, ...]:
    """Return the names of the options that apply to a format."""
    return OPTIONS.get(file_format, TEXT_OPTIONS)


def reading_summary(read_as: ReadAs) -> str:
    """Return how a file was read, in one line."""
    parts = [FORMATS[read_as.format] + (f" in {read_as.packed}" if read_as.packed else "")]
    if read_as.sheet is not None:
        parts.append(f"sheet '{read_as.sheet}'")
    if read_as.delimiter:
        parts.append(f"{choice_text('delimiter', read_as.delimiter).lower()} as delimiter")
    if read_as.encoding:
        parts.append(choice_text("encoding", read_as.encoding))
    if read_as.header_row is not None:
        parts.append(f"column names in line {read_as.header_row}" if read_as.header_row else "no column names")
    if read_as.decimal:
        parts.append("decimal comma" if read_as.decimal == "," else "decimal point")
    if read_as.date_order:
        parts.append(f"dates with {DATE_ORDERS[read_as.date_order].partition(':')[0].lower()}")
    return " · ".join(parts)


def detected_value(read_as: ReadAs | None, option: str) -> str:
    """Return what was detected for an option, in words; empty if nothing was."""
    value = getattr(read_as, option, None)
    if value is None:
        return ""
    return str(value) if option in {"header_row", "sheet"} else choice_text(option, value)


def choice_text(option: str, value: str) -> str:
    """Return a value of an option in words; values that are not offered are shown as they are."""
    _, known = CHOICES[option]
    return known.get(value) or known.get(_codec(value), value)


def _codec(name: str) -> str:
    """Return the offered name of an encoding, which has many."""
    try:
        found = codecs.lookup(name).name.removesuffix("-sig").removesuffix("-le").removesuffix("-be")
    except LookupError:
        return name
    return "cp1252" if found == "iso8859-1" else found
