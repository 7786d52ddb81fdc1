"""`poe audit`: known vulnerabilities, by the real uv and a database that stands in for osv.dev."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.delivery import stubs
from tests.servers import ROOT, free_port

pytest.importorskip("delivery.audit", reason="There is no delivery/")
NO_LOCK = "CI" not in os.environ and not (shutil.which("uv") and (ROOT / "uv.lock").exists())
pytestmark = [pytest.mark.slow, pytest.mark.skipif(NO_LOCK, reason="There is no uv, or no uv.lock")]


def audit(*arguments: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "delivery.audit", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("package", "fixed", "status", "line"),
    [
        ("fastapi", "99", 1, "::error::fastapi 0"),
        ("fastapi", None, 0, "no fix available"),
        ("ruff", "99", 0, "(development), EXAMPLE-ruff, fixed in 99: An example."),
        ("another", "99", 0, "0 known vulnerabilities"),
    ],
)
def test_audit_fails_only_for_runtime_dependencies_with_a_fix(package: str, fixed: str | None, status: int, line: str):
    with stubs.database({package: fixed}) as url:
        found, output = audit(OSV_URL=url, GITHUB_ACTIONS="true")

    assert found == status, output
    assert line in output


def test_unreachable_database_is_reported_and_does_not_fail():
    status, output = audit(OSV_URL=f"http://127.0.0.1:{free_port()}")

    assert status == 0, output
    assert "Not audited: osv.dev cannot be reached" in output


def test_issue_is_opened_updated_and_closed(tmp_path: Path):
    environment, bodies = stubs.install(tmp_path) | {"GH_TOKEN": "token"}, []
    steps: list[dict[str, str | None]] = [{"ruff": None}, {"ruff": None, "fastapi": "99"}, {}]
    for fixes in steps:
        with stubs.database(fixes) as url:
            status, output = audit("--issue", OSV_URL=url, **environment)
        assert status == 0, output
        bodies.append((tmp_path / "body").read_text())

    calls = [line.split(" --")[0] for line in (tmp_path / "gh").read_text().splitlines()]
    assert calls == [call for last in ("create", "edit 7", "close 7") for call in ("issue list", f"issue {last}")]
    assert bodies[0].startswith("Not blocking:\n\n- ruff ")
    assert bodies[1].startswith("Blocking a deployment:\n\n- fastapi ")
