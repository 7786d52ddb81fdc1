"""Payloads of bombs in archives: workbooks, zip and gzip files that grow when they are unpacked or read."""

import gzip
import io
import struct
import zipfile
from collections.abc import Iterable, Iterator

import xlsxwriter

from benchmarks.faults.payloads import CSV, FULL, MB, Payload, filled

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
GZIP, ZIP = "application/gzip", "application/zip"
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LAST_ROW = 1_048_576
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'


def zipped(parts: Iterable[tuple[str, bytes | str]], times: int = 1) -> bytes:
    """Return a zip archive of parts, zipped again."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            # The first part of an OpenDocument file shows its type to programs that do not unpack it.
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, method)
    data = buffer.getvalue()
    return data if times == 1 else zipped([("a.zip", data)], times - 1)


def book(rows: str | Iterable[str], prologue: str = "", strings: str | None = None) -> bytes:
    """Return a workbook with the XML of the rows of its only sheet, and of its shared strings."""
    empty = io.BytesIO()
    with xlsxwriter.Workbook(empty) as workbook:
        # A text, so that there are shared strings.
        workbook.add_worksheet().write(0, 0, "a")
    replaced = {SHEET: f'{prologue}<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'}
    if strings is not None:
        replaced[STRINGS] = f'<sst xmlns="{MAIN}">{strings}</sst>'
    with zipfile.ZipFile(empty) as source:
        return zipped((name, replaced.get(name, source.read(name))) for name in source.namelist())


def cell(reference: str, value: object = 1, space: str = " ") -> str:
    """Return a row with one number."""
    row = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f'<row{space}r="{row}"><c{space}r="{reference}"><v>{value}</v></c></row>'


def numbers(rows: int, columns: int) -> Iterator[str]:
    """Yield rows of distinct numbers."""
    letters = [chr(ord("A") + column) for column in range(columns)]
    for row in range(1, rows + 1):
        yield f'<row r="{row}">'
        for place, letter in enumerate(letters):
            yield f'<c r="{letter}{row}"><v>{row * 7 + place}</v></c>'
        yield "</row>"


def references(rows: int) -> Iterator[str]:
    """Yield rows that all have the first shared string."""
    yield HEADER
    for row in range(2, rows + 2):
        yield f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>'


def sheets(count: int) -> bytes:
    """Return a workbook of many sheets, the last of which has a table."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as workbook:
        for _ in range(count):
            sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["a", "kind"])
        for row in range(1, 21):
            sheet.write_row(row, 0, [row / 20, "red"])
    return buffer.getvalue()


def lying(data: bytes, name: str, size: int) -> bytes:
    """Return a zip archive that declares a wrong unpacked size of a part."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = archive.getinfo(name).header_offset + 22
    listed = data.rindex(name.encode()) - 46 + 24
    declared, lied = struct.pack("<I", size), bytearray(data)
    lied[start : start + 4] = lied[listed : listed + 4] = declared
    return bytes(lied)


def laughs(levels: int) -> str:
    """Return entities that expand to ten times the one before."""
    entities = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, levels))
    return f'<!DOCTYPE worksheet [<!ENTITY a0 "ha">{entities}]>'


def ods(cells: str) -> bytes:
    """Return an OpenDocument spreadsheet with the XML of its rows."""
    names = ("office", "table", "text")
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name='S'>{cells}"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return zipped([("mimetype", ODS), ("content.xml", content), ("META-INF/manifest.xml", manifest)])


def repeated(rows: int, columns: int) -> bytes:
    """Return an OpenDocument spreadsheet with one cell that is repeated."""
    value = '<table:table-cell office:value-type="float" office:value="1"'
    return ods(
        f'<table:table-row table:number-rows-repeated="{rows}">{value} table:number-columns-repeated="{columns}"/>'
        "</table:table-row>"
    )


def workbooks() -> Iterator[Payload]:
    """Yield workbooks."""
    text = f"<si><t>{'x' * 32_000}</t></si>"
    entity = '<row r="2"><c r="A2" t="inlineStr"><is><t>&a9;</t></is></c></row>'
    yield Payload("two cells far apart", XLSX, lambda: book(cell("A1") + cell("XFD1048576")), quick=True)
    yield Payload("two cells far apart, tabs", XLSX, lambda: book(cell("A1") + cell("CV1048576", 1, "\t")), quick=True)
    yield Payload("1,048,576 rows of 2 numbers", XLSX, lambda: book(numbers(LAST_ROW, 2)))
    yield Payload("1,048,576 rows of 4 numbers", XLSX, lambda: book(numbers(LAST_ROW, 4)), quick=True)
    yield Payload("1,048,576 rows of 6 numbers", XLSX, lambda: book(numbers(LAST_ROW, 6)))
    yield Payload("1,000 sheets", XLSX, lambda: sheets(1_000), quick=True)
    yield Payload("a shared text, 500,000 times", XLSX, lambda: book(references(500_000), strings=text), quick=True)
    yield Payload("7,000 shared texts", XLSX, lambda: book(references(1_000), strings=text * 7_000))
    yield Payload("a shared text of 200 MB", XLSX, lambda: book(references(20), strings=f"<si>{'x' * 200 * MB}</si>"))
    yield Payload("billion laughs", XLSX, lambda: book(HEADER + entity, laughs(10)), quick=True)
    yield Payload("laughs in shared texts", XLSX, lambda: book(references(9), strings=laughs(10) + "<si>&a9;</si>"))
    yield Payload("empty rows", XLSX, lambda: book("<row/>" * (40 * MB)))
    yield Payload("declared as 100 bytes", XLSX, lambda: lying(book("<row/>" * MB), SHEET, 100), quick=True)
    yield Payload("declared as 4 GB", XLSX, lambda: lying(book("<row/>" * MB), SHEET, 2**32 - 2))
    yield Payload("1,000,000 parts", XLSX, lambda: zipped((f"xl/workbook.{part}", b"") for part in range(MB)))
    yield Payload("a repeated cell, 17 billion times", ODS, lambda: repeated(LAST_ROW, 16_384), quick=True)
    yield Payload("a repeated cell, 100 million times", ODS, lambda: repeated(LAST_ROW, 100))
    yield Payload("an empty xls of 100 MB", XLSX, lambda: filled(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\0"))


def packed_files() -> Iterator[Payload]:
    """Yield zip and gzip files of other tables."""
    yield Payload("zip of newlines", ZIP, lambda: zipped([("a.csv", b"a,b\n" + b"\n" * (500 * MB))]), quick=True)
    yield Payload("zip in zip in zip", ZIP, lambda: zipped([("a.csv", b"1" * FULL)], 3), quick=True)
    yield Payload("zip of 100,000 files", ZIP, lambda: zipped((f"{part}.csv", b"a\n1\n") for part in range(100_000)))
    yield Payload("zip, declared as 100 bytes", ZIP, lambda: lying(zipped([("a.csv", b"1" * FULL)]), "a.csv", 100))
    yield Payload("gzip of commas", GZIP, lambda: gzip.compress(b"a,b\n" + b"," * (500 * MB)), quick=True)
    yield Payload("gzip of rows", GZIP, lambda: gzip.compress(filled(b"a,kind\n", b"0.5,red\n", size=190 * MB)))
    yield Payload("gzip of gzip", GZIP, lambda: gzip.compress(gzip.compress(b"a\n" + b"1\n" * (100 * MB))))
    yield Payload("gzip of a bomb of a workbook", GZIP, lambda: gzip.compress(book(cell("A1") + cell("XFD1048576"))))
    yield Payload(
        "encoded as gzip", CSV, lambda: gzip.compress(b"a\n" + b"1\n" * (250 * MB)), headers=("Content-Encoding: gzip",)
    )
