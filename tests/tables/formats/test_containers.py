"""Packed files and their bounds."""

import gzip
import io
import zipfile

import pytest
from backports import zstd

from mlapp.errors import TooLarge, Unacceptable, UnreadableBody, UnsupportedType
from mlapp.tables.formats.containers import Unpacked, decompress, document_kind, holds_workbook, unpack

CSV = b"a,b\n1,2\n"


def archive(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as written:
        for name, data in files.items():
            written.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "unpacked"),
    [
        (CSV, Unpacked(CSV)),
        (b"", Unpacked(b"")),
        (gzip.compress(CSV), Unpacked(CSV, "gzip")),
        (gzip.compress(CSV) + gzip.compress(b"3,4\n"), Unpacked(CSV + b"3,4\n", "gzip")),
        (gzip.compress(CSV) + b"\0\0", Unpacked(CSV, "gzip")),
        (zstd.compress(CSV), Unpacked(CSV, "zstd")),
        (archive({"x.csv": CSV}), Unpacked(CSV, "zip", "x.csv")),
        (archive({"x.csv": CSV}, zipfile.ZIP_STORED), Unpacked(CSV, "zip", "x.csv")),
        (archive({"data": CSV}), Unpacked(CSV, "zip", "data")),
        (
            archive({"d/": b"", "d/x.csv": CSV, "__MACOSX/d/._x.csv": b"?", "d/.DS_Store": b"?"}),
            Unpacked(CSV, "zip", "x.csv"),
        ),
        (
            archive({"names.txt": b"?", "x.tsv": CSV, "LICENSE": b"?"}),
            Unpacked(CSV, "zip", "x.tsv", ("names.txt", "LICENSE")),
        ),
    ],
)
def test_packed_file_is_unpacked(data, unpacked):
    assert unpack(data) == unpacked


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"[Content_Types].xml": b"", "xl/workbook.xml": b""}, "workbook"),
        ({"[Content_Types].xml": b"", "xl/workbook.bin": b""}, "workbook"),
        ({"word/document.xml": b""}, "a Word document"),
        ({"x.csv": CSV}, None),
        ({"x.xlsx": archive({"xl/workbook.xml": b""}, zipfile.ZIP_STORED)}, None),
    ],
)
def test_documents_are_told_from_archives(files, kind):
    assert document_kind(archive(files, zipfile.ZIP_STORED)) == kind


def test_spreadsheet_of_opendocument_is_a_workbook():
    data = archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, zipfile.ZIP_STORED)

    assert unpack(data) == Unpacked(data)


def test_workbook_in_an_archive_is_unpacked():
    workbook = archive({"xl/workbook.xml": b""})

    assert unpack(archive({"x.xlsx": workbook})) == Unpacked(workbook, "zip", "x.xlsx")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "holds no file"),
        ({"d/": b""}, "holds no file"),
        ({"x.csv": CSV, "d/y.csv": CSV}, r"holds 2 files \('x.csv', 'd/y.csv'\); send the one"),
        ({"x.txt": CSV, "y.txt": CSV}, "holds 2 files"),
    ],
)
def test_archive_without_exactly_one_table_is_rejected(files, sentence):
    with pytest.raises(Unacceptable, match=sentence):
        unpack(archive(files))


@pytest.mark.parametrize("inner", [gzip.compress(CSV), zstd.compress(CSV), archive({"x.csv": CSV})])
@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress, lambda data: archive({"x": data})])
def test_file_that_is_packed_twice_is_rejected(pack, inner):
    with pytest.raises(UnsupportedType, match="another packed file"):
        unpack(pack(inner))


def encrypted() -> bytes:
    data = archive({"x.csv": CSV})
    entry = data.index(b"PK\x01\x02")
    return data[:6] + b"\1" + data[7 : entry + 8] + b"\1" + data[entry + 9 :]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x1f\x8b", "gzip file is damaged"),
        (gzip.compress(CSV)[:-1], "gzip file is damaged"),
        (gzip.compress(CSV)[:-8] + b"12345678", "gzip file is damaged"),
        (b"\x28\xb5\x2f\xfd", "zstd file is damaged"),
        (zstd.compress(CSV)[:-1], "zstd file is damaged"),
        (b"PK\x03\x04", "zip file is damaged"),
        (archive({"x.csv": CSV})[:-1], "zip file is damaged"),
        (archive({"x.csv": CSV}, zipfile.ZIP_STORED).replace(CSV, CSV[::-1]), "zip file is damaged"),
        (encrypted(), "encrypted; pack it without a password"),
    ],
)
def test_damaged_or_encrypted_file_is_rejected(data, sentence):
    with pytest.raises(UnreadableBody, match=sentence):
        unpack(data)


def test_archive_with_an_unusual_compression_is_rejected():
    with pytest.raises(UnsupportedType, match="unusual compression"):
        unpack(archive({"x.csv": CSV}, zipfile.ZIP_LZMA))


def test_archive_of_too_many_files_is_rejected():
    with pytest.raises(UnsupportedType, match="over 1,000 files"):
        unpack(archive({f"{number}.csv": b"" for number in range(1_001)}))


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress, lambda data: archive({"x": data})])
@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"0" * 1_000_000 + bytes(range(256)) * 4_001, "over 2,000,000 bytes"), (b"0" * 11_000_000, "over 500 times")],
)
def test_content_over_a_limit_is_rejected(pack, content, sentence):
    limit = 2_000_000 if "bytes" in sentence else 20_000_000

    with pytest.raises(TooLarge, match=sentence):
        unpack(pack(content), limit)


def test_window_of_zstd_is_bounded():
    options = {int(zstd.CompressionParameter.window_log): 27}

    with pytest.raises(UnreadableBody, match="zstd file is damaged"):
        unpack(zstd.compress(bytes(1_000) * 70_000, options=options))


@pytest.mark.parametrize(("packed", "pack"), [("gzip", gzip.compress), ("zstd", zstd.compress)])
def test_content_encoding_is_decompressed(packed, pack):
    assert decompress(pack(CSV), packed) == CSV


@pytest.mark.parametrize(
    "data", [gzip.compress(b"a\n1\n")[:12], b"PK\x05\x06" + bytes(18), b"PK\x03\x04" + bytes(9), b"a\n1\n"]
)
def test_damaged_and_other_files_hold_no_workbook(data):
    assert not holds_workbook(data)


def test_zip_archive_that_ends_within_its_file_holds_no_workbook():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("t.csv", "a,b\n1,2\n")
    data = bytearray(packed.getvalue())
    # The length of an extra field before the content.
    data[28:30] = b"\xff\xff"

    assert not holds_workbook(bytes(data))
