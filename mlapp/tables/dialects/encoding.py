"""Encoding of text files: UTF-8, UTF-16 and Windows-1252, or the one that is given."""

import codecs
import re
from typing import NamedTuple

import polars as pl

from mlapp.errors import Unacceptable, UnreadableBody, shorten

UTF_8, WINDOWS = "utf-8", "windows-1252"
BOMS = {
    codecs.BOM_UTF8: UTF_8,
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Encodings by byte order mark, longest first where one starts like another."""
NO_TEXT = {"idna", "punycode", "unicode-escape", "raw-unicode-escape"}
"""Codecs of Python that are no encodings of files."""
SAMPLE_BYTES = 10_000
ZERO_SHARE = 0.25
"""Share of zeros above which a file is UTF-16 without byte order mark."""
FOREIGN_LETTERS = 10
FOREIGN_SHARE = 0.3
"""Share of letters beyond ASCII above which text is hardly Western European."""
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x19\x1c-\x1f]")
"""Control characters that text files lack; 1A and 1B end old files and start escapes."""
BINARY = "The file has binary content, so it is no text; send CSV, Excel, JSON or Parquet."


class Text(NamedTuple):
    """A text file, as UTF-8 without a byte order mark."""

    data: bytes
    encoding: str
    bom: bool
    warnings: list[str]


def decode(data: bytes, encoding: str | None = None) -> Text:
    """Return a text file in UTF-8; `encoding` is found if not given.

    Raises:
        Unacceptable: there is no text encoding of that name.
        UnreadableBody: the file is binary, or is not in that encoding.
    """
    given = None if encoding is None else check_encoding(encoding)
    mark, found = next(((mark, name) for mark, name in BOMS.items() if data.startswith(mark)), (b"", None))
    if given and found and not found.startswith(given):
        mark = b""
    content = data.removeprefix(mark) if mark else data
    name = given or found or _guess(content)
    if name in ("utf-16", "utf-32"):
        name = found if mark and found else f"{name}-le"
    warnings: list[str] = []
    if name != UTF_8:
        if name == WINDOWS and given is None:
            _check_text(content)
        text = _decode(content, name, given)
        warnings = _letter_warnings(text[:SAMPLE_BYTES]) if name == WINDOWS and given is None else []
        content = text.encode()
    elif (given or mark) and not _is_utf8(content):
        _decode(content, UTF_8, given)
    if b"\0" in content:
        raise UnreadableBody(BINARY)
    return Text(content, name, bool(mark), warnings)


def _check_text(data: bytes) -> None:
    """Reject binary files, which are not UTF-8 either."""
    if b"\0" in data or _CONTROL.search(data[:SAMPLE_BYTES]):
        raise UnreadableBody(BINARY)


def check_encoding(name: str) -> str:
    """Return the canonical name of a text encoding.

    Raises:
        Unacceptable: there is no such encoding.
    """
    try:
        # Unlike codecs.lookup, it rejects codecs of bytes, such as base64.
        "".encode(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = ""
    if not found or found in NO_TEXT:
        raise Unacceptable(
            f"There is no text encoding '{shorten(name)}'; give one such as utf-8, utf-16, windows-1252 or iso-8859-15."
        )
    return {"utf-8-sig": UTF_8, "cp1252": WINDOWS, "ascii": UTF_8}.get(found, found)


def _guess(data: bytes) -> str:
    sample = data[:SAMPLE_BYTES]
    # In UTF-16, one half of each ASCII character is zero: the second in little-endian order.
    if sample.count(0) > ZERO_SHARE * len(sample) and len(data) % 2 == 0:
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    return UTF_8 if _is_utf8(data) else WINDOWS


def _is_utf8(data: bytes) -> bool:
    try:
        # Takes less time and memory than bytes.decode.
        return data.isascii() or bool(pl.Series([data], dtype=pl.Binary).cast(pl.String).len())
    except pl.exceptions.ComputeError:
        return False


def _decode(data: bytes, name: str, given: str | None) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        line = 1 + data[: error.start].decode(name, "replace").count("\n")
        tried = "neither UTF-8 nor Windows-1252" if given is None and name == WINDOWS else f"not {name}"
        raise UnreadableBody(
            f"Line {line} of the file is {tried} text; save it as CSV UTF-8, or name its encoding (encoding=…)."
        ) from None


def _letter_warnings(text: str) -> list[str]:
    """Return a warning if many letters are beyond ASCII, which Western European texts have few of."""
    letters = [character for character in text if character.isalpha()]
    if sum(character > "\x7f" for character in letters) <= max(FOREIGN_SHARE * len(letters), FOREIGN_LETTERS):
        return []
    warning = (
        "The file is not UTF-8 and was read as Windows-1252, but has many unusual letters; if texts look wrong, name "
        "its encoding (such as encoding=windows-1251)."
    )
    return [warning]
