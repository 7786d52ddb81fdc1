"""Payloads of bombs: small bodies that grow when parsed, large ones that hold nothing."""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

MB = 1_000_000
FULL = 100 * MB
"""The largest body that is accepted."""
JSON, CSV, NDJSON = "application/json", "text/csv", "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
MULTIPART = "multipart/form-data; boundary=b"
ZSTD = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True)
class Payload:
    """A body and how it is posted."""

    name: str
    content_type: str
    make: Callable[[], bytes]
    quick: bool = False
    """Whether the short form includes it."""
    headers: tuple[str, ...] = ()


def filled(start: bytes, piece: bytes, end: bytes = b"", size: int = FULL) -> bytes:
    """Return a body of a size that repeats one piece."""
    return start + piece * ((size - len(start) - len(end)) // len(piece)) + end


def nested(levels: int, start: str = '{"records": [{"a": ', end: str = "}]}") -> bytes:
    """Return a record with a nested cell."""
    return (start + '{"a":' * levels + "1" + "}" * levels + end).encode()


def parquet(frame: pl.DataFrame) -> bytes:
    """Return a table as Parquet."""
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def equal(rows: int, columns: int = 1) -> bytes:
    """Return a Parquet file of one repeated number."""
    names = ["a", *[f"c{place}" for place in range(1, columns)]]
    return parquet(pl.DataFrame({"i": range(1)}).select(pl.repeat(1.0, rows).alias(name) for name in names))


def long_texts(rows: int, columns: int = 1) -> bytes:
    """Return a Parquet file of one long repeated text."""
    text = "x" * 32_000
    frame = pl.DataFrame({"a": [1.0] * rows})
    return parquet(frame.with_columns(pl.lit(text).alias(f"t{place}") for place in range(columns)))


def compressed_texts(rows: int) -> bytes:
    """Return a Parquet file of distinct long texts, which compress well and decompress to gigabytes."""
    texts = pl.select((pl.int_range(rows).cast(pl.String) + "x" * 32_000).alias("kind"))
    return parquet(texts.with_columns(a=1.0))


def wrong_footer(rows: bytes) -> bytes:
    """Return a Parquet file whose footer states a wrong number of rows."""
    valid = equal(2_000)
    footer = valid.rindex(b"schema")
    return valid[:footer] + valid[footer:].replace(b"\xa0\x1f", rows)


def parts(count: int) -> bytes:
    """Return a form of many parts."""
    return b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n' * count + b"--b--\r\n"


def form(content: bytes, head: bytes = b"") -> bytes:
    """Return a form with one file."""
    start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n' + head + b"\r\n"
    return start + content + b"\r\n--b--\r\n"


def names(count: int) -> str:
    """Return the members of a JSON object with that many names."""
    return ",".join(f'"k{number}":1' for number in range(count))


def json_bodies() -> Iterator[Payload]:
    """Yield JSON payloads."""
    yield Payload("nested by 100 MB", JSON, lambda: filled(b'{"records": [{"a":', b'{"a":'))
    yield Payload("nested 900 levels", JSON, lambda: nested(900), quick=True)
    yield Payload(
        "nested 900 lists, many", JSON, lambda: filled(b'{"records": [', b"[" * 900 + b"]" * 900 + b",", b"1]}")
    )
    yield Payload("100 MB of [", JSON, lambda: b"[" * FULL, quick=True)
    yield Payload("a text of 99 MB", JSON, lambda: filled(b'{"records": [{"a": "', b"x", b'"}]}'))
    yield Payload("a text of escapes", JSON, lambda: filled(b'{"records": [{"a": "', b"\\u00e9", b'"}]}'))
    yield Payload("2,000,000 records", JSON, lambda: b'{"records": [' + b",".join([b'{"a":1}'] * 2_000_000) + b"]}")
    yield Payload("12,000,000 records", JSON, lambda: filled(b'{"records": [', b'{"a":1},', b'{"a":1}]}'), quick=True)
    yield Payload("33,000,000 empty records", JSON, lambda: filled(b'{"records": [', b"{},", b"{}]}"))
    yield Payload("a record of 1,000,000 names", JSON, _one_record, quick=True)
    yield Payload("records of new names", JSON, _new_names)
    yield Payload("1,000,000 columns", JSON, _columns, quick=True)
    yield Payload("a column of 50,000,000", JSON, lambda: filled(b'{"columns": {"a": [', b"1,", b"1]}}"), quick=True)
    yield Payload("a list beside records", JSON, lambda: filled(b'{"note": [', b"1,", b'1], "records": [{"a": 1}]}'))
    yield Payload("1,000,000 options", JSON, _options)
    yield Payload("1,000,000 digits", JSON, lambda: filled(b'{"records": [{"a": ', b"1", b"}]}", MB), quick=True)
    yield Payload("1e999", JSON, lambda: b'{"records": [{"a": 1e999}]}', quick=True)
    yield Payload("names twice", JSON, lambda: filled(b'{"records": [{', b'"a":1,', b'"a":1}]}'))
    yield Payload("spaces", JSON, lambda: filled(b'{"records": [{"a": 1}', b" ", b"]}"))


def _new_names() -> bytes:
    return json.dumps({"records": [{"a": 1, f"n{row}": 1} for row in range(MB)]}).encode()


def _one_record() -> bytes:
    return f'{{"records": [{{{names(MB)}}}]}}'.encode()


def _options() -> bytes:
    return f'{{"records": [{{"a": 1}}],{names(MB)}}}'.encode()


def _columns() -> bytes:
    return json.dumps({"columns": {f"k{number}": [1] for number in range(MB)}}).encode()


def line_bodies() -> Iterator[Payload]:
    """Yield NDJSON and CSV payloads."""
    yield Payload("empty lines", NDJSON, lambda: b"\n" * FULL, quick=True)
    yield Payload("{} lines", NDJSON, lambda: b"{}\n" * (30 * MB), quick=True)
    yield Payload("lines of one name", NDJSON, lambda: filled(b"", b'{"a":1}\n'))
    yield Payload("2,000,000 lines", NDJSON, lambda: b'{"a":1}\n' * (2 * MB))
    yield Payload("a line of 99 MB", NDJSON, lambda: filled(b'{"a": "', b"x", b'"}\n'))
    yield Payload("a line of [", NDJSON, lambda: b"[" * FULL)
    yield Payload("commas", CSV, lambda: b"," * FULL, quick=True)
    yield Payload("a row of commas", CSV, lambda: filled(b"a,b\n1,2\n", b","), quick=True)
    yield Payload("newlines", CSV, lambda: b"\n" * FULL)
    yield Payload("newlines below a header", CSV, lambda: filled(b"a\n", b"\n"))
    yield Payload("newlines below two names", CSV, lambda: filled(b"a,b\n", b"\n", b"1,2"))
    yield Payload("carriage returns", CSV, lambda: filled(b"a,b\r", b"\r", b"1,2"))
    yield Payload("quotes", CSV, lambda: b'"' * FULL, quick=True)
    yield Payload("quotes below a header", CSV, lambda: filled(b"a,b\n", b'"'))
    yield Payload("a cell of 99 MB", CSV, lambda: filled(b"a,b\n1,", b"x"))
    yield Payload("a quoted cell of newlines", CSV, lambda: filled(b'a,b\n1,"', b"\n", b'"'))
    yield Payload("1,000,000 names", CSV, lambda: ",".join(f"n{place}" for place in range(MB)).encode(), quick=True)
    yield Payload("50,000,000 rows", CSV, lambda: filled(b"a\n", b"1\n"), quick=True)
    yield Payload(
        "20,000,000 cells", CSV, lambda: b"a" + b",b%d" * 9 % tuple(range(9)) + b"\n" + (b"1," * 9 + b"1\n") * (2 * MB)
    )
    yield Payload("25,000,000 rows of two", CSV, lambda: filled(b"a,b\n", b"1,\n"))
    yield Payload("gzip", CSV, lambda: gzip.compress(filled(b"a\n", b"1\n")), quick=True)
    yield Payload("zlib", CSV, lambda: zlib.compress(filled(b"a\n", b"1\n")))
    yield Payload("zstd", NDJSON, lambda: ZSTD + bytes(1_000))
    yield Payload(
        "Content-Encoding", CSV, lambda: gzip.compress(b"a\n1\n"), quick=True, headers=("Content-Encoding: gzip",)
    )
    chunked = ("Transfer-Encoding: chunked",)
    yield Payload("200 MB in chunks", CSV, lambda: filled(b"a\n", b"1\n", size=2 * FULL), quick=True, headers=chunked)


def file_bodies() -> Iterator[Payload]:
    """Yield Parquet and multipart payloads."""
    yield Payload("2,000,000 equal numbers", PARQUET, lambda: equal(2 * MB))
    yield Payload("20,000,000 equal cells", PARQUET, lambda: equal(2 * MB, 10))
    yield Payload("20,000,000 equal numbers", PARQUET, lambda: equal(20 * MB), quick=True)
    yield Payload("footer of 2 G rows", PARQUET, lambda: wrong_footer(b"\xff\xff\xff\xff\x0f"))
    yield Payload("footer of no rows", PARQUET, lambda: wrong_footer(b"\x80\x00"))
    yield Payload("footer of fewer rows", PARQUET, lambda: wrong_footer(b"\x94\x00"))
    yield Payload("one text of 32 KB, 60,000 times", PARQUET, lambda: long_texts(60_000), quick=True)
    yield Payload("40,000 compressed texts of 32 KB", PARQUET, lambda: compressed_texts(40_000))
    yield Payload("lists", PARQUET, lambda: parquet(pl.DataFrame({"a": [[1.0] * 1_000] * 1_000})))
    yield Payload("cut", PARQUET, lambda: equal(2_000)[:-100], quick=True)
    yield Payload("noise between PAR1", PARQUET, lambda: b"PAR1" + b"\xff" * MB + b"\xf0\x00\x0f\x00PAR1")
    yield Payload("100,000 parts", MULTIPART, lambda: parts(100_000), quick=True)
    yield Payload("endless headers of a part", MULTIPART, lambda: form(b"a\n1\n", b"x: y\r\n" * 10 * MB))
    yield Payload("a header of 90 MB of a part", MULTIPART, lambda: form(b"a\n1\n", b"x: " + b"y" * 90 * MB + b"\r\n"))
    yield Payload("a file of 200 MB", MULTIPART, lambda: form(filled(b"a\n", b"1\n", size=2 * FULL)))
    yield Payload("a part without end", MULTIPART, lambda: form(b"a\n1\n")[:-9])


def payloads() -> Iterator[Payload]:
    """Yield all payloads."""
    yield from json_bodies()
    yield from line_bodies()
    yield from file_bodies()
