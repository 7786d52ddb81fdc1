"""Encoding of text files."""

import pytest

from mlapp.errors import Unacceptable, UnreadableBody
from mlapp.tables.dialects.encoding import check_encoding, decode

TEXT = "größe,x\nweiß,1\n"


@pytest.mark.parametrize(
    ("written", "given", "encoding", "bom"),
    [
        ("utf-8", None, "utf-8", False),
        ("utf-8-sig", None, "utf-8", True),
        ("utf-16", None, "utf-16-le", True),
        ("utf-16-le", None, "utf-16-le", False),
        ("utf-16-be", None, "utf-16-be", False),
        ("utf-32", None, "utf-32-le", True),
        ("cp1252", None, "windows-1252", False),
        ("utf-8", "UTF8", "utf-8", False),
        ("utf-8-sig", "utf-8-sig", "utf-8", True),
        ("utf-16", "utf-16", "utf-16-le", True),
        ("utf-16-le", "utf-16", "utf-16-le", False),
        ("latin-1", "latin1", "iso8859-1", False),
        ("mac_roman", "macintosh", "mac-roman", False),
    ],
)
def test_text_is_decoded(written, given, encoding, bom):
    decoded = decode(TEXT.encode(written), given)

    assert decoded == (TEXT.encode(), encoding, bom, [])


def test_given_encoding_wins_over_the_byte_order_mark():
    assert decode(b"\xef\xbb\xbfa", "cp1252").data.decode() == "\u00ef\u00bb\u00bfa"


@pytest.mark.parametrize(
    ("data", "given", "sentence"),
    [
        (b"a\nb\x81\n", None, "Line 2 of the file is neither UTF-8 nor Windows-1252 text; save it as CSV UTF-8"),
        (b"\xef\xbb\xbfa\n\xff\n", None, "Line 2 of the file is not utf-8 text"),
        (b"a\n\n\xff\n", "utf-8", "Line 3 of the file is not utf-8 text"),
        (b"a\n\xff", "shift_jis", "Line 2 of the file is not shift_jis text"),
        (b"\xff\xfea\0\n", None, "Line 1 of the file is not utf-16-le text"),
        ("\ud800".encode("utf-16-le", "surrogatepass"), "utf-16-le", "Line 1 of the file is not utf-16-le"),
        (b"a" * 20 + b"\0", None, "binary content"),
        (b"\xff" + b"a" * 20 + b"\0", None, "binary content"),
        (b"a\x01\xff", None, "binary content"),
        (b"a\0", "latin1", "binary content"),
    ],
)
def test_file_that_is_no_text_is_rejected_with_the_line(data, given, sentence):
    with pytest.raises(UnreadableBody, match=sentence):
        decode(data, given)


@pytest.mark.parametrize("name", ["", "klingon", "base64", "rot13", "idna", "unicode_escape", "utf-8\0", "x" * 1_000])
def test_unknown_encoding_is_rejected(name):
    with pytest.raises(Unacceptable, match="There is no text encoding '.*'; give one such as utf-8"):
        check_encoding(name)


@pytest.mark.parametrize(
    ("text", "encoding"), [("город;цена\nМосква;1\nМосква;2\n", "cp1251"), ("città;x\nRoma;1\n", "cp1252")]
)
def test_many_unusual_letters_are_warned_of(text, encoding):
    warnings = decode(text.encode(encoding)).warnings

    assert [warning[:54] for warning in warnings] == (
        ["The file is not UTF-8 and was read as Windows-1252, but"[:54]] if encoding == "cp1251" else []
    )
