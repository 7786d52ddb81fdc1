"""Detection of file formats by content."""

import re

from mlapp.errors import UnsupportedType
from mlapp.schemas import Format
from mlapp.tables.formats.containers import document_kind
from mlapp.tables.strict_json import BOM
from mlapp.tables.workbooks.bounds import OLE, ZIP

SPREADSHEET = "open it in a spreadsheet program, and save it as xlsx or CSV"
SOFTWARE = "export it as CSV or Parquet with the software that wrote it"
TABLE = "send the table that it shows, as CSV or Excel"
UNPACK = "unpack it, or pack it as gzip or zip"
OTHERS: dict[bytes, tuple[str, str]] = {
    b"%PDF": ("a PDF", TABLE),
    b"\x89PNG": ("a PNG image", TABLE),
    b"\xff\xd8\xff": ("a JPEG image", TABLE),
    b"GIF8": ("a GIF image", TABLE),
    rb"{\rtf": ("an RTF document", TABLE),
    b"SQLite format 3": ("an SQLite database", SOFTWARE),
    b"\x00\x01\x00\x00Standard": ("an Access database", SOFTWARE),
    b"\x89HDF": ("HDF5", SOFTWARE),
    b"\x93NUMPY": ("a NumPy array", SOFTWARE),
    b"\x80\x04\x95": ("a Python pickle", SOFTWARE),
    b"\x80\x05\x95": ("a Python pickle", SOFTWARE),
    b"FEA1": ("Feather version 1", SOFTWARE),
    b"Obj\x01": ("Avro", SOFTWARE),
    b"ORC": ("ORC", SOFTWARE),
    b"$FL2": ("an SPSS data file", SOFTWARE),
    b"$FL3": ("an SPSS data file", SOFTWARE),
    b"<stata_dta>": ("a Stata data file", SOFTWARE),
    b"HEADER RECORD*******": ("a SAS transport file", SOFTWARE),
    b"\x00" * 12 + b"\xc2\xea\x81\x60": ("a SAS data set", SOFTWARE),
    b"RDX": ("an R data file", SOFTWARE),
    b"X\n\x00\x00\x00": ("an R data file", SOFTWARE),
    b"7z\xbc\xaf\x27\x1c": ("compressed with 7-Zip", UNPACK),
    b"Rar!": ("compressed with RAR", UNPACK),
    b"BZh": ("compressed with bzip2", UNPACK),
    b"\xfd7zXZ": ("compressed with xz", UNPACK),
    b"\x78\x01": ("compressed with zlib", UNPACK),
    b"\x78\x9c": ("compressed with zlib", UNPACK),
    b"\x78\xda": ("compressed with zlib", UNPACK),
}
"""First bytes of files that are no tables: what they are, and what to do.

zlib's 78 5E is not included, as a CSV may start with `x^`.
"""
BINARY = {
    b"PAR1": Format.PARQUET,
    b"ARROW1": Format.ARROW,
    b"\xff\xff\xff\xff": Format.ARROW,
    OLE: Format.WORKBOOK,
}
"""First bytes of formats that are read; Arrow's with and without a footer, and xls."""
JSON_OBJECT = re.compile(rb"[\[\s]*\{\s*\"")
"""Start of a JSON object or list of objects, but not of a CSV, where a name that contains a quote is quoted."""
JSON_TABLE = re.compile(rb"\s*\{\s*\"(records|columns)\"\s*:\s*[\[{]")
"""Start of a JSON document with a table, unlike a line of NDJSON."""
START_BYTES = 2_000


def detect_format(data: bytes, kind: Format | None) -> Format:
    """Return the format of a file that is not packed; `kind` is the declared one, which text alone may not show.

    Raises:
        UnsupportedType: the file is no table.
    """
    for magic, found in BINARY.items():
        if data.startswith(magic):
            return found
    if data.startswith(ZIP) and (document := document_kind(data)):
        if document == "workbook":
            return Format.WORKBOOK
        raise _no_table(document, TABLE)
    for magic, (what, advice) in OTHERS.items():
        if data.startswith(magic):
            raise _no_table(what, advice)
    start = data[:START_BYTES].removeprefix(BOM).lstrip()
    if re.match(rb"<(!doctype html|html|head|body|table|meta)\b", start, re.IGNORECASE):
        raise _no_table("an HTML page", SPREADSHEET)
    if start.startswith(b"<?xml"):
        raise _no_table("XML", SPREADSHEET)
    return _detect_text(data, start, kind)


def _detect_text(data: bytes, start: bytes, kind: Format | None) -> Format:
    """Return whether a text is JSON, NDJSON or CSV."""
    is_line = b"\n" not in data.rstrip()
    is_json = bool(JSON_OBJECT.match(start)) or (start[:1] in (b"{", b"[") and (is_line or kind is Format.JSON))
    if kind in (Format.JSON, Format.NDJSON) and not is_json:
        return kind
    if not is_json:
        return Format.CSV
    if start.startswith(b"[") or JSON_TABLE.match(start):
        return Format.JSON
    if is_line:
        return kind if kind is Format.NDJSON else Format.JSON
    return Format.NDJSON if start.partition(b"\n")[0].rstrip().endswith(b"}") else Format.JSON


def _no_table(what: str, advice: str) -> UnsupportedType:
    return UnsupportedType(f"The file is {what}, not a table; {advice}.")
