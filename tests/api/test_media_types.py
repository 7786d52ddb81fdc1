"""Bodies are recognized by their content: media types and file names are hints; packed bodies are unpacked."""

import gzip
import io
import json
import zipfile
from importlib import import_module
from typing import Any

import httpx
import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from mlapp.schemas import Format, VersionInfo
from tests.api.conftest import CSV, MACHINES, NDJSON, PARQUET, make_default, problem_of

ROWS = MACHINES.drop("days").head(3)
JSON = "application/json"


@pytest.fixture(autouse=True)
async def active(http: httpx.AsyncClient, machines: VersionInfo) -> None:
    await make_default(http, machines)


@pytest.fixture
async def expected(http: httpx.AsyncClient) -> Any:
    return (await http.post("/predict", json={"records": ROWS.to_dicts()})).json()["predictions"]


def binary(kind: Format) -> bytes:
    buffer = io.BytesIO()
    if kind is Format.PARQUET:
        ROWS.write_parquet(buffer)
    elif kind is Format.ARROW:
        ROWS.write_ipc(buffer)
    else:
        ROWS.write_excel(buffer)
    return buffer.getvalue()


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("rows.csv", data)
    return buffer.getvalue()


TEXT = ROWS.write_csv().encode()
LINES = ROWS.write_ndjson().encode()
RECORDS = json.dumps(ROWS.to_dicts()).encode()


def read_workbook(file: io.BytesIO) -> pl.DataFrame:
    names, *rows = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    return pl.DataFrame(rows, schema=[str(name) for name in names], orient="row")


def predictions(answer: httpx.Response) -> list[float]:
    """Return the predictions of an answer in any format."""
    kind, data = answer.headers["content-type"].partition(";")[0], answer.content
    if kind == JSON:
        found: list[float] = answer.json()["predictions"]
        return found
    readers: dict[str, Any] = {
        CSV: pl.read_csv,
        NDJSON: pl.read_ndjson,
        PARQUET: pl.read_parquet,
        Format.ARROW: pl.read_ipc,
        Format.WORKBOOK: read_workbook,
    }
    frame = readers[kind](io.BytesIO(data))
    assert frame.columns == [*ROWS.columns, "prediction", "lower", "upper"]
    values: list[float] = frame["prediction"].to_list()
    return values


@pytest.mark.parametrize(
    ("body", "answered"),
    [
        (TEXT, CSV),
        (LINES, NDJSON),
        (RECORDS, JSON),
        (b'{"records": ' + RECORDS + b"}", JSON),
        (binary(Format.PARQUET), PARQUET),
        (binary(Format.ARROW), Format.ARROW),
        (binary(Format.WORKBOOK), Format.WORKBOOK),
        (gzip.compress(TEXT), CSV),
        (zipped(TEXT), CSV),
    ],
    ids=["csv", "ndjson", "list", "object", "parquet", "arrow", "xlsx", "csv.gz", "zip"],
)
@pytest.mark.parametrize("kind", ["", "application/octet-stream", "text/plain", "application/vnd.ms-excel", "form"])
async def test_body_is_recognized_by_its_content(
    http: httpx.AsyncClient, expected: list[float], kind: str, body: bytes, answered: str
):
    if kind == "form":
        answer = await http.post("/predict", files={"file": ("rows", body, "application/octet-stream")})
    else:
        answer = await http.post("/predict", content=body, headers={"Content-Type": kind} if kind else {})

    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, answered)
    # A workbook holds 15 significant digits.
    assert predictions(answer) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("kind", "body"),
    [(CSV, LINES), (Format.WORKBOOK, TEXT), (PARQUET, TEXT), (NDJSON, RECORDS), (JSON, LINES), (CSV, RECORDS)],
)
async def test_wrong_media_type_does_not_matter(http: httpx.AsyncClient, expected: list[float], kind: str, body: bytes):
    answer = await http.post("/predict", content=body, headers={"Content-Type": kind})

    assert predictions(answer) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kind", ["image/png", "text/html", "application/pdf", "application/xml"])
async def test_media_type_of_no_table_is_rejected(http: httpx.AsyncClient, kind: str):
    answer = await http.post("/predict", content=TEXT, headers={"Content-Type": kind})

    assert f"Unsupported Content-Type '{kind}'; send application/json," in problem_of(answer, 415)["detail"]


async def test_flat_object_is_one_row(http: httpx.AsyncClient, expected: list[float], machines: VersionInfo):
    row = ROWS.to_dicts()[0]

    active, by_version = [
        await http.post("/predict", params=params, json=row) for params in ({}, {"version": machines.version})
    ]

    assert active.json() == by_version.json()
    assert active.json()["predictions"] == pytest.approx(expected[:1], rel=1e-12)


def zstd(data: bytes) -> bytes:
    packed: bytes = import_module("backports.zstd").compress(data)
    return packed


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("X-GZIP", gzip.compress), ("zstd", zstd)])
@pytest.mark.parametrize(("kind", "body"), [(CSV, TEXT), (JSON, RECORDS), ("", binary(Format.PARQUET))])
async def test_packed_body_is_unpacked(
    http: httpx.AsyncClient, expected: list[float], coding: str, pack: Any, kind: str, body: bytes
):
    answer = await http.post("/predict", content=pack(body), headers={"Content-Type": kind, "Content-Encoding": coding})

    assert predictions(answer) == pytest.approx(expected, rel=1e-12)


async def test_packed_form_is_unpacked(http: httpx.AsyncClient, expected: list[float]):
    form = http.build_request("POST", "/predict", files={"file": ("rows.csv", TEXT)})
    headers = {"Content-Type": form.headers["content-type"], "Content-Encoding": "gzip"}

    answer = await http.post("/predict", content=gzip.compress(await form.aread()), headers=headers)

    assert predictions(answer) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "coding", "body", "status", "sentence"),
    [
        (CSV, "br", TEXT, 415, "The Content-Encoding 'br' is not supported; pack the body as gzip or zstd"),
        (CSV, "gzip, gzip", TEXT, 415, "The Content-Encoding 'gzip, gzip' is not supported"),
        (CSV, "gzip", TEXT, 400, "The gzip file is damaged or truncated"),
        (CSV, "gzip", gzip.compress(TEXT)[:-9], 400, "The gzip file is damaged or truncated"),
        (CSV, "zstd", TEXT, 400, "The zstd file is damaged or truncated"),
        (CSV, "gzip", gzip.compress(b"1\n" * 1_500_000), 413, "unpacks to over 2,000,000 bytes"),
    ],
)
@pytest.mark.parametrize("path", ["/train", "/predict"])
async def test_packed_body_that_cannot_be_unpacked_is_rejected(
    http: httpx.AsyncClient, path: str, kind: str, coding: str, body: bytes, status: int, sentence: str
):
    answer = await http.post(path, content=body, headers={"Content-Type": kind, "Content-Encoding": coding})

    assert sentence in problem_of(answer, status)["detail"]


@pytest.mark.parametrize(
    ("kind", "query"),
    [("text/csv; charset=iso-8859-15", {}), ("text/csv; charset=utf-8", {}), ("text/csv", {"encoding": "iso-8859-15"})],
)
async def test_charset_is_the_encoding(http: httpx.AsyncClient, kind: str, query: dict[str, str]):
    encoding = "utf-8" if "utf-8" in kind else "iso-8859-15"
    text = ROWS.with_columns(note=pl.lit("5 € für")).write_csv()

    answer = await http.post("/predict", params=query, content=text.encode(encoding), headers={"Content-Type": kind})

    charset = answer.headers["content-type"].partition("charset=")[2]
    assert answer.status_code == 200
    assert "5 € für" in answer.content.decode(charset)


@pytest.mark.parametrize("kind", [JSON, "application/octet-stream", CSV])
async def test_options_may_stand_in_json(http: httpx.AsyncClient, machines: VersionInfo, kind: str):
    body = {"records": ROWS.to_dicts(), "version": machines.version, "na_values": ["fan"]}

    answer = await http.post("/predict", content=json.dumps(body), headers={"Content-Type": kind})

    assert answer.status_code == 200
    assert answer.json()["version"] == machines.version
    problem = problem_of(await http.post("/predict", json=body | {"colour": 1}), 422)
    assert problem["errors"] == [{"detail": problem["detail"], "pointer": "/colour"}]


@pytest.mark.parametrize("size", [1, 2_000])
async def test_options_in_the_query_are_followed_for_json(http: httpx.AsyncClient, size: int):
    rows = {"records": [row | {"age": "1.234,5"} for row in ROWS.to_dicts()] * size}
    point = {"records": [row | {"age": 1234.5} for row in ROWS.to_dicts()] * size}

    answer = await http.post("/predict", params={"decimal": ","}, json=rows)

    assert answer.json()["predictions"] == (await http.post("/predict", json=point)).json()["predictions"]
    assert "'1.234,5' is not a number" in problem_of(await http.post("/predict", json=rows), 422)["detail"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Q3 sales.csv", 'attachment; filename="Q3 sales-predictions.csv"'),
        ("C:\\data\\rows.tsv.gz", 'attachment; filename="rows-predictions.csv"'),
        ("10%.csv", "attachment; filename=\"10_-predictions.csv\"; filename*=UTF-8''10%25-predictions.csv"),
        (
            "größe.csv",
            "attachment; filename=\"gr__e-predictions.csv\"; filename*=UTF-8''gr%C3%B6%C3%9Fe-predictions.csv",
        ),
        (".csv", 'attachment; filename=".csv-predictions.csv"'),
    ],
)
async def test_response_to_a_named_file_has_a_name(http: httpx.AsyncClient, name: str, expected: str):
    answer = await http.post("/predict", files={"file": (name, TEXT)})

    assert answer.headers["content-disposition"] == expected
    assert "content-disposition" not in (await http.post("/predict", content=TEXT)).headers
