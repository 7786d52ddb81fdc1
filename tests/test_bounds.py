"""The limits in SECURITY.md are those of the code, if it has the template's table of them."""

import pytest

from mlapp import server
from mlapp.api import openapi, problems
from mlapp.errors import MAX_REPORTED
from mlapp.schemas import MAX_JSON_BYTES, MAX_NAME_LENGTH
from mlapp.services.jobs import service as jobs
from mlapp.services.jobs import worker
from mlapp.services.jobs.runner import Processes
from mlapp.services.prediction import limits, table_reader
from mlapp.settings import Settings
from mlapp.tables import table
from mlapp.tables.formats import containers, ndjson
from mlapp.tables.workbooks import bounds
from tests.servers import ROOT

SECURITY = ROOT / "SECURITY.md"
LIMITS = SECURITY.read_text().partition("## Limits\n")[2] if SECURITY.exists() else ""


@pytest.mark.skipif(not LIMITS, reason="SECURITY.md has no part 'Limits'")
@pytest.mark.parametrize(
    "said",
    [
        f"{table.MAX_ROWS:,} rows, {table.MAX_COLUMNS:,} columns, {table.MAX_CELLS:,} cells",
        f"{table.MAX_CELL_BYTES:,} bytes per cell",
        f"{MAX_JSON_BYTES // 1_000_000} MB of JSON; {ndjson.MAX_LINE_BYTES:,} bytes per line of CSV and NDJSON",
        f"{table.MAX_TEXT_BYTES:,} bytes of text in total",
        f"{bounds.MAX_MEMBERS:,} parts; {bounds.MAX_UNPACKED_BYTES // 1_000_000} MB unpacked",
        f"{bounds.MAX_RATIO} times their packed size beyond {bounds.FREE_BYTES // 1_000_000} MB",
        f"{bounds.MAX_AREA:,} cells up to the last row",
        f"up to {table_reader.MAX_BYTES // 1_000_000} MB each, {table_reader.MAX_PROCESSES} at a time",
        f"{worker.READ_MEMORY_MB} MB of memory and {table_reader.LIMIT_S:.0f} s",
        f"with {worker.LOAD_MEMORY_MB} MB of memory",
        f"| packed files | {containers.MAX_UNPACKED_BYTES // 1_000_000} MB unpacked",
        f"{containers.MAX_RATIO} times their packed size beyond {containers.FREE_BYTES // 1_000_000} MB",
        f"{containers.MAX_ENTRIES:,} files in a zip archive",
        f"or {Processes.limit_s / 60:.0f} minutes",
        f"{MAX_NAME_LENGTH} characters per column name",
        f"{server.HEAD_TIMEOUT_S:.0f} s and {server.MAX_HEAD_BYTES:,} bytes",
        f"the predict routes of {openapi.MAX_MODELS} models",
        f"no progress for {server.IDLE_TIMEOUT_S:.0f} s",
        f"| connections | {server.MAX_CONNECTIONS:,};",
        f"small bodies: {limits.SMALL_SLOTS:,} in flight, {limits.SMALL_SHARE:,} of them to one model",
        f"larger ones: {limits.LARGE_SLOTS} in flight, {limits.LARGE_SHARE} of them to one model",
        f"at a time, {jobs.MAX_QUEUED} queued",
        f"{MAX_REPORTED} errors and {problems.MAX_BYTES:,} bytes",
        *(
            f"`MLAPP_{name.upper()}` ({Settings.model_fields[name].default})"
            for name in ("max_body_mb", "max_jobs", "keep_versions", "loaded_mb")
        ),
    ],
)
def test_documented_limits_match_the_code(said: str):
    assert said in LIMITS, f"SECURITY.md, 'Limits': write the limit of the code, {said!r}."
