"""Packed files: gzip, zstd, and zip archives of one file, unpacked within bounds."""

import gzip
import io
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import NamedTuple

from mlapp.errors import MlappError, TooLarge, Unacceptable, UnreadableBody, UnsupportedType, shorten
from mlapp.schemas import Format
from mlapp.tables.workbooks.bounds import OLE, ZIP

MAX_UNPACKED_BYTES = 100_000_000
MAX_RATIO = 500
"""Limit of unpacked to packed bytes of files above `FREE_BYTES`; real tables reach 5 to 50."""
FREE_BYTES = 10_000_000
MAX_ENTRIES = 1_000
MAX_DIRECTORY_BYTES = 1_000_000
CHUNK_BYTES = 1_000_000
MAX_ZSTD_WINDOW = 25
"""Binary logarithm of the memory that zstd takes: 32 MB."""

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_ENTRY = b"PK\x01\x02"
_PROGRAM_FILES = (".", "Thumbs.db", "desktop.ini")
"""Starts of names of files that operating systems add."""
_DOCUMENT_PARTS = {
    b"xl/workbook.": "workbook",
    b"application/vnd.oasis.opendocument.spreadsheet": "workbook",
    b"word/document.xml": "a Word document",
    b"ppt/presentation.xml": "a PowerPoint presentation",
    b"application/vnd.oasis.opendocument.text": "an OpenDocument text",
    b"application/vnd.oasis.opendocument.presentation": "an OpenDocument presentation",
    b"Index/Document.iwa": "a document of Apple Numbers, Pages or Keynote",
}
_PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Unpacked(NamedTuple):
    """The content of a packed file, or a file that is not packed."""

    data: bytes
    packed: str | None = None
    """`gzip`, `zstd` or `zip`."""
    name: str | None = None
    """Name of the file in a zip archive."""
    left_out: tuple[str, ...] = ()
    """Names of other files in the archive, which are not tables."""


def unpack(data: bytes, max_bytes: int = MAX_UNPACKED_BYTES) -> Unpacked:
    """Unpack a file by its first bytes; a workbook, which is a zip archive, and other files are returned as they are.

    Raises:
        UnreadableBody: the file is damaged, truncated or encrypted.
        UnsupportedType: the packed file is packed again, or an archive that cannot be read.
        Unacceptable: a zip archive does not hold exactly one table.
        TooLarge: the content takes more than `max_bytes`, or far more than the packed file.
    """
    kind = packing(data)
    if kind is None:
        return Unpacked(data)
    found = _unzip(data, max_bytes) if kind == "zip" else Unpacked(decompress(data, kind, max_bytes), kind)
    if packing(found.data):
        raise UnsupportedType(f"The {kind} file holds another packed file; send the innermost file.")
    return found


def holds_workbook(data: bytes) -> bool:
    """Return whether a file, or the file that is packed in it, may be a workbook by its first bytes."""
    kind = packing(data)
    try:
        if kind == "zip":
            with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_choose(archive.infolist())[0]) as file:
                start = file.read(len(OLE))
        elif kind is None:
            start = data
        else:
            start = next(_gzip_chunks(data) if kind == "gzip" else _zstd_chunks(data))
    except (MlappError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, StopIteration):
        return False
    return start.startswith((ZIP, OLE))


def packing(data: bytes) -> str | None:
    """Return how a file is packed: `gzip`, `zstd` or `zip`; None for workbooks and files that are not packed."""
    if data.startswith(GZIP):
        return "gzip"
    if data.startswith(ZSTD):
        return "zstd"
    return "zip" if data.startswith((ZIP, b"PK\x05\x06")) and document_kind(data) is None else None


def decompress(data: bytes, packed: str, max_bytes: int = MAX_UNPACKED_BYTES) -> bytes:
    """Decompress gzip or zstd, as `Content-Encoding` names them.

    Raises:
        UnreadableBody: the data is damaged or truncated.
        TooLarge: the content takes more than `max_bytes`, or far more than the packed file.
    """
    return _collect(_gzip_chunks(data) if packed == "gzip" else _zstd_chunks(data), len(data), max_bytes)


def _collect(chunks: Iterator[bytes], packed_bytes: int, max_bytes: int) -> bytes:
    parts, size = [], 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(f"The packed file unpacks to over {max_bytes:,} bytes; send fewer rows.")
        if size > FREE_BYTES and size > packed_bytes * MAX_RATIO:
            raise TooLarge(f"The packed file unpacks to over {MAX_RATIO} times its size; send it unpacked.")
    return b"".join(parts)


def _gzip_chunks(data: bytes) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            yield from _file_chunks(file.read1)
    except (OSError, EOFError, zlib.error):
        raise _damaged("gzip") from None


def _zstd_chunks(data: bytes) -> Iterator[bytes]:
    zstd = import_module("backports.zstd" if sys.version_info < (3, 14) else "compression.zstd")
    options = {int(zstd.DecompressionParameter.window_log_max): MAX_ZSTD_WINDOW}
    try:
        with zstd.ZstdFile(io.BytesIO(data), options=options) as file:
            yield from _file_chunks(file.read1)
    except (zstd.ZstdError, EOFError):
        raise _damaged("zstd") from None


def _file_chunks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while chunk := read(CHUNK_BYTES):
        yield chunk


def _damaged(kind: str) -> UnreadableBody:
    return UnreadableBody(f"The {kind} file is damaged or truncated; pack and send it again.")


def document_kind(data: bytes) -> str | None:
    """Return the kind of document that a zip archive is: `workbook`, or the name of its program; None otherwise."""
    directory = _directory(data)
    if data[30:38] == b"mimetype":
        # The content of the first part of an OpenDocument file.
        directory += data[38:120]
    return next((kind for part, kind in _DOCUMENT_PARTS.items() if part in directory), None)


def _directory(data: bytes) -> bytes:
    """Return the list of files at the end of a zip archive."""
    end = data.rfind(b"PK\x05\x06")
    if end < 0:
        return b""
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    return data[max(end - min(size, MAX_DIRECTORY_BYTES), 0) : end]


def _unzip(data: bytes, max_bytes: int) -> Unpacked:
    if data.count(_ENTRY) > MAX_ENTRIES:
        raise UnsupportedType(f"The zip archive has over {MAX_ENTRIES:,} files; pack only the table.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entry, others = _choose(archive.infolist())
            if entry.flag_bits & 1:
                raise UnreadableBody("The zip archive is encrypted; pack it without a password.")
            if entry.compress_type not in _PLAIN_METHODS:
                raise UnsupportedType("The zip archive has an unusual compression; pack it as deflate, the default.")
            with archive.open(entry) as file:
                content = _collect(_file_chunks(file.read), entry.compress_size, max_bytes)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError):
        raise _damaged("zip") from None
    return Unpacked(content, "zip", entry.filename.rpartition("/")[2], tuple(others))


def _choose(entries: list[zipfile.ZipInfo]) -> tuple[zipfile.ZipInfo, list[str]]:
    """Return the entry that is a table, and the names of the others."""
    files = [
        entry
        for entry in entries
        if not entry.is_dir()
        and not entry.filename.startswith("__MACOSX/")
        and not entry.filename.rpartition("/")[2].startswith(_PROGRAM_FILES)
    ]
    if not files:
        raise Unacceptable("The zip archive holds no file; pack the table.")
    tables = [entry for entry in files if Format.of_file(entry.filename)]
    # Next to other tables, a text file describes them.
    tables = [entry for entry in tables if not entry.filename.lower().endswith(".txt")] or tables or files
    if len(tables) > 1:
        names = ", ".join(f"'{shorten(entry.filename)}'" for entry in tables[:10])
        raise Unacceptable(f"The zip archive holds {len(tables)} files ({names}); send the one that is the table.")
    return tables[0], [entry.filename for entry in files if entry is not tables[0]]
