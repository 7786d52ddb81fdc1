"""Limits of workbooks, checked before they are unpacked; calamine rejects members that are larger than declared."""

import io
import re
import zipfile
import zlib
from functools import reduce
from pathlib import PurePath

from mlapp.errors import TooLarge, UnreadableBody, UnsupportedType

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""First bytes of xlsx, xlsm, xlsb and ods, and of xls and encrypted workbooks."""
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""Name of the part of an OLE file that holds an encrypted xlsx; calamine only reports some of them."""
MANIFEST = "META-INF/manifest.xml"
"""Part of an ods that says how others are encrypted."""
MAX_MEMBERS = 10_000
MAX_UNPACKED_BYTES = 256_000_000
"""Limit of all members that calamine may read."""
MAX_RATIO = 200
"""Limit of unpacked by packed bytes beyond `FREE_BYTES`; sheets that programs write reach 50."""
FREE_BYTES = 20_000_000
MAX_AREA = 5_000_000
"""Limit of rows × columns of a sheet, as calamine takes 32 bytes for each cell, empty or not."""

UNPACKED = {".xml", ".bin", ".rels"}
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
ROW, COLUMN = re.compile(rb"""<row [^>]{0,200}?r=["'](\d{1,7})["']"""), re.compile(rb""" r=["']([A-Z]{1,3})""")
HEAD_BYTES = 100_000
"""Bytes whose columns are listed; others are searched for columns to the right of these, which is faster."""
CHUNK_BYTES, OVERLAP_BYTES = 8_000_000, 300


def check_container(data: bytes) -> None:
    """Reject workbooks that unpack to too much, or have cells far apart.

    Raises:
        UnreadableBody: the file is damaged.
        UnsupportedType: it is encrypted.
        TooLarge: a limit is exceeded.
    """
    if data.startswith(OLE):
        if ENCRYPTED in data:
            raise encrypted()
        return
    # Before the directory is parsed, which takes a kilobyte for each member.
    if data.count(b"PK\x01\x02") > MAX_MEMBERS:
        raise TooLarge(f"The workbook has over {MAX_MEMBERS:,} parts; save the table alone, or as CSV.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_sizes(archive)
            if MANIFEST in archive.namelist() and b"encryption-data" in archive.read(MANIFEST):
                raise encrypted()
            for member in archive.infolist():
                if SHEET.fullmatch(member.filename.replace("\\", "/")):
                    _check_area(archive, member)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error):
        raise UnreadableBody("The workbook is truncated or damaged; save it again.") from None


def _check_sizes(archive: zipfile.ZipFile) -> None:
    read = [member for member in archive.infolist() if PurePath(member.filename).suffix.lower() in UNPACKED]
    unpacked, packed = sum(member.file_size for member in read), sum(member.compress_size for member in read)
    if unpacked > MAX_UNPACKED_BYTES or unpacked > max(FREE_BYTES, MAX_RATIO * packed):
        raise TooLarge(
            f"The workbook unpacks from {packed / 1e6:,.1f} to {unpacked / 1e6:,.0f} MB; at most "
            f"{MAX_UNPACKED_BYTES / 1e6:,.0f} MB and {MAX_RATIO} times its size are allowed. Save the table as CSV."
        )


def _check_area(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Reject a sheet whose cells are so far apart that the area that they span would take too much memory.

    Rows are in order in the files of all known programs; others are left to the memory limit of the process.
    """
    height, last, rest = 0, b"A", b""
    with archive.open(member) as file:
        while chunk := file.read(CHUNK_BYTES):
            piece = rest + chunk
            if found := ROW.match(piece, piece.rfind(b"<row ")):
                height = int(found[1])
            if not rest:
                last = _last(last, COLUMN.findall(piece[:HEAD_BYTES]))
            if _beyond(last).search(piece):
                last = _last(last, COLUMN.findall(piece))
            rest = piece[-OVERLAP_BYTES:]
    if height * (width := _column_number(last)) > MAX_AREA:
        raise area_too_large(height, width)


def _last(column: bytes, others: list[bytes]) -> bytes:
    """Return the rightmost of some columns."""
    return max({column, *others}, key=_column_number)


def _beyond(column: bytes) -> re.Pattern[bytes]:
    """Return the pattern of cells to the right of a column: with more letters, or a later one after the same start."""
    longer = [b"[A-Z]{%d}" % (len(column) + 1)]
    later = [column[:n] + b"[%c-Z]" % (letter + 1) for n, letter in enumerate(column) if letter < ord("Z")]
    tails = [b"[A-Z]{%d}" % (len(column) - 1 - n) for n, letter in enumerate(column) if letter < ord("Z")]
    return re.compile(b""" r=["'](?:%s)""" % b"|".join(longer + [a + b for a, b in zip(later, tails, strict=True)]))


def encrypted() -> UnsupportedType:
    """Return the error about an encrypted workbook."""
    return UnsupportedType("The workbook is encrypted; save it without a password and send it again.")


def area_too_large(rows: int, columns: int) -> TooLarge:
    """Return the error about a sheet that spans too many cells."""
    return TooLarge(
        f"A sheet of the workbook spans {rows:,} rows and {columns:,} columns; at most {MAX_AREA:,} cells are "
        "allowed, empty ones included. Delete cells far from the table, or save the table as CSV."
    )


def _column_number(letters: bytes) -> int:
    """Return the number of a column, from 1, by its letters."""
    return reduce(lambda number, letter: 26 * number + letter - 64, letters, 0)
