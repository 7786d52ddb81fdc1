"""The limits in SECURITY.md are those of the code, if it has the template's table of them."""

import pytest

from mlapp import server
from mlapp.api import problems
from mlapp.errors import MAX_REPORTED
from mlapp.schemas import MAX_JSON_BYTES, MAX_NAME_LENGTH
from mlapp.services.jobs import service as jobs
from mlapp.services.jobs.runner import Processes
from mlapp.services.prediction import service as prediction
from mlapp.settings import Settings
from mlapp.tables import table
from mlapp.tables.formats import ndjson
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
        f"or {Processes.limit_s / 60:.0f} minutes",
        f"{MAX_NAME_LENGTH} characters per column name",
        f"{server.HEAD_TIMEOUT_S:.0f} s and {server.MAX_HEAD_BYTES:,} bytes",
        f"no progress for {server.IDLE_TIMEOUT_S:.0f} s",
        f"| connections | {server.MAX_CONNECTIONS:,};",
        f"small bodies: {prediction.SMALL_SLOTS:,} in flight",
        f"larger ones: {prediction.LARGE_SLOTS} in flight",
        f"at a time, {jobs.MAX_QUEUED} queued",
        f"{MAX_REPORTED} errors and {problems.MAX_BYTES:,} bytes",
        *(
            f"`MLAPP_{name.upper()}` ({Settings.model_fields[name].default})"
            for name in ("max_body_mb", "max_jobs", "keep_models")
        ),
    ],
)
def test_documented_limits_match_the_code(said: str):
    assert said in LIMITS, f"SECURITY.md, 'Limits': write the limit of the code, {said!r}."
