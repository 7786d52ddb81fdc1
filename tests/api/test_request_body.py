"""Invalid request bodies are rejected with a reason, and the next valid request works."""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import polars as pl
import pytest

from mlapp.schemas import VersionInfo
from tests.api.conftest import CSV, NDJSON, PARQUET, problem_of, row_of
from tests.services.disk import full_disk

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unharmed")]

JSON = "application/json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def packed_workbook() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


TABLE = pl.DataFrame({"x": list(range(50)), "y": list(range(50))})
NESTED_JSON = '{"records": ' + "[" * 100_000 + "]" * 100_000 + "}"

UNREADABLE: dict[str, tuple[str, bytes | str, int, str]] = {
    "no JSON": (JSON, '{"records": [', 400, "The body is not JSON"),
    "empty JSON": (JSON, "", 400, "The body is not JSON"),
    "no UTF-8": (JSON, b'{"records": [{"x": "\xff"}]}', 400, "The body is not UTF-8 text"),
    "NaN": (JSON, '{"records": [{"x": NaN}]}', 400, "NaN is not JSON; send null for a missing value."),
    "infinity": (JSON, '{"records": [{"x": -Infinity}]}', 400, "-Infinity is not JSON"),
    "name twice": (JSON, '{"records": [{"x": 1, "x": 2}]}', 400, "The name 'x'"),
    "surrogate": (JSON, '{"records": [{"x": "\\ud800"}]}', 400, "lone surrogate"),
    "surrogate in a name": (JSON, '{"\\uDFFF\\ud800": 1, "records": []}', 400, "lone surrogate"),
    "nested JSON": (JSON, NESTED_JSON, 400, "The body is nested too deeply"),
    "5,000 digits": (JSON, '{"records": [{"x": 1' + "0" * 5_000 + "}]}", 400, "thousands of digits"),
    "a number": (JSON, "7", 422, "'records' or 'columns'"),
    "rows and columns": (JSON, '{"records": [], "columns": {}}', 422, "Send exactly one of 'records'"),
    "rows of numbers": (JSON, '{"records": [1]}', 422, "Row 0 is not an object"),
    "uneven columns": (JSON, '{"columns": {"x": [1], "y": []}}', 422, "different lengths"),
    "empty NDJSON line": (NDJSON, '{"x": 1}\n{"x": \n', 400, "Line 2 is not JSON"),
    "half a Parquet": (PARQUET, parquet(TABLE)[:300], 400, "The Parquet file cannot be read"),
    "damaged workbook as CSV": (CSV, packed_workbook(), 400, "The workbook cannot be read"),
    "damaged workbook": (XLSX, packed_workbook(), 400, "The workbook cannot be read"),
    "HTML": ("text/html", "<table>", 415, "'text/html'"),
    "curl -d": ("application/x-www-form-urlencoded", "x,y1,23,4", 415, "send a file by --data-binary @file"),
    "curl -d as CSV": (CSV, "x,y1,23,4", 422, "send the file by --data-binary @file"),
    "long curl -d as CSV": (CSV, "x,y" + "1,2" * 400_000, 422, "send the file by --data-binary @file"),
    "damaged JSON as CSV": (CSV, '\ufeff[\n  {\n    "x": 1', 400, "The body is not JSON"),
    "list as CSV": (CSV, "[[1, 2], [3, 4]]", 422, "object"),
    "empty CSV": (CSV, "", 422, "The CSV is empty"),
    "blank CSV": (CSV, " \n\n", 422, ""),
    "NUL bytes": (CSV, "x,y\n1,\0\n", 400, "The file has binary content"),
    "open quote": (CSV, 'x,y\n"1,2\n', 400, "Line 2 of the CSV cannot be read"),
    "long row": (CSV, "x,y\n1,2\n1,2,3\n", 400, "Line 3 of the CSV has 3 cells where the header has 2: '3'."),
    "10,000 columns": (CSV, ",".join(f"c{n}" for n in range(10_000)) + "\n", 413, "10,000 columns"),
    "10,000 names": (
        JSON,
        json.dumps({"columns": {f"c{n}": [1] for n in range(10_000)}}),
        413,
        "10,000 columns",
    ),
    "column without name": (CSV, "x,\n1,2\n", 422, "Column 2 (B) has values, such as '2', but no name"),
    "empty name": (JSON, '{"records": [{"": 1}]}', 422, "Column 1 has no name; give every column one."),
    "long name": (JSON, json.dumps({"records": [{"x" * 201: 1}]}), 422, "Column 1 has a name of 201 characters"),
    "column twice": (CSV, "x,y,x\n1,2,3\n", 422, "Columns 1 (A) and 3 (C) are both called 'x'; rename one"),
    "long cell": (JSON, json.dumps({"records": [{"x": "x" * 40_000}]}), 422, "column 'x'"),
    "long option": (JSON, json.dumps({"o" * 300_000: 1, "records": [{"x": 1}]}), 422, "There is no option 'ooo"),
}


@pytest.mark.parametrize("path", ["/train", "/predict"])
@pytest.mark.parametrize("what", UNREADABLE)
async def test_unreadable_body_is_rejected_with_the_reason(http: httpx.AsyncClient, path: str, what: str):
    kind, body, status, sentence = UNREADABLE[what]

    answer = await http.post(path, content=body, headers={"Content-Type": kind} if kind else {})

    assert sentence in problem_of(answer, status)["detail"]


async def too_much() -> AsyncIterator[bytes]:
    for _ in range(30):
        yield b"1\n" * 50_000


@pytest.mark.parametrize("path", ["/train", "/predict"])
@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("kind", [CSV, "multipart/form-data; boundary=b"])
async def test_body_over_the_limit_is_rejected(http: httpx.AsyncClient, path: str, kind: str, *, declared: bool):
    start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="t.csv"\r\n\r\nx\n'
    length = {"Content-Length": str(3_000_000 + len(start))} if declared else {}

    async def body() -> AsyncIterator[bytes]:
        yield start
        async for chunk in too_much():
            yield chunk

    answer = await http.post(path, content=body(), headers={"Content-Type": kind} | length)

    assert "MLAPP_MAX_BODY_MB" in problem_of(answer, 413)["detail"]


async def test_body_under_the_limit_is_accepted(http: httpx.AsyncClient, regression: VersionInfo):
    row = row_of(regression)
    csv = ",".join(row) + "\n" + (",".join(str(value) for value in row.values()) + "\n") * 30_000

    answer = await http.post("/predict", content=csv, headers={"Content-Type": CSV})

    assert 1_000_000 < len(csv) < 2_000_000
    assert (answer.status_code, answer.text.count("\n")) == (200, 30_001)


@pytest.mark.parametrize("cell", ["[1]", '{"a": ' * 400 + "1" + "}" * 400])
@pytest.mark.parametrize(("path", "option"), [("/train", '"target": "x", '), ("/predict", "")])
async def test_list_or_object_in_a_needed_cell_is_rejected(
    http: httpx.AsyncClient, regression: VersionInfo, path: str, option: str, cell: str
):
    row = json.dumps(row_of(regression) | {"x": 1}).replace(
        '"age": 59' if not option else '"x": 1', f'"{"age" if not option else "x"}": {cell}'
    )

    answer = await http.post(path, content=f'{{{option}"records": [{row}]}}', headers={"Content-Type": JSON})

    assert "of column '" in problem_of(answer, 422)["detail"]
    assert "is a list or an object; each cell must be a plain value." in problem_of(answer, 422)["detail"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--b--"),
        ("multipart/form-data; boundary=b", b"nothing of the kind"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="\xff'),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\n\r\n--b--"),
        (
            "multipart/form-data; boundary=b; charset=klingon",
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx',
        ),
    ],
)
@pytest.mark.parametrize("path", ["/train", "/predict"])
async def test_malformed_form_is_rejected(http: httpx.AsyncClient, path: str, kind: str, body: bytes):
    answer = await http.post(path, content=body, headers={"Content-Type": kind})

    assert answer.status_code in {400, 422}
    problem_of(answer, answer.status_code)


async def test_form_with_two_files_is_rejected(http: httpx.AsyncClient):
    files = [("file", ("a.csv", b"x\n1\n")), ("file", ("b.csv", b"x\n1\n"))]

    problem_of(await http.post("/train", files=files), 400)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("path", "rows"), [("/train", 2_000), ("/train", 300_000), ("/predict", 300_000)])
async def test_body_is_rejected_when_the_disk_is_full(http: httpx.AsyncClient, temporary: Path, path: str, rows: int):
    with full_disk():
        answer = await http.post(path, content="x\n" + "100\n" * rows, headers={"Content-Type": CSV})

    assert "File too large" in problem_of(answer, 503)["detail"]
