"""Requests made from /openapi.json, good and bad ones, to see whether all answers are what it says.

Each operation is asked with its examples, at the edges of what its schema allows and beyond, with what chance makes of
it, and after others whose answers say what to ask; with the key, without and with wrong ones. All checks of
Schemathesis are on: no 5xx, no status, content type, header or body that is not declared, nothing wrong taken, nothing
right refused, no door open without a key, 405 with `Allow`. What it finds it prints, with the request and the seed.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.openapi.checks import IgnoredAuth

from benchmarks.harness.server import ROOT, serving

KEY = "the-key-to-everything"
GOAL_CASES = 5_000
FULL, QUICK = 700, 3
"""Requests that chance makes, an operation at most: many have few that differ."""
CONFIG = """
# A training that compares all estimators takes a while.
request-timeout = 100
checks.max_response_time = 100
generation.database = "none"
# Keys made by chance would stand beside the right one, which counts. All is asked without it, too.
generation.with-security-parameters = false

# What a table has to be, a schema cannot say: lists of the same length, a target that is a column, a CSV that is one.
[[operations]]
include-path = ["/train", "/predict"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "415", "422", "429"]
"""


@schemathesis.hook
def filter_failure(
    context: schemathesis.HookContext,  # noqa: ARG001
    failure: Exception,
    case: schemathesis.Case[Any],  # noqa: ARG001
    response: schemathesis.Response,  # noqa: ARG001
) -> bool:
    """Count a failure, but not that wrong keys are soon answered with 429 instead of 401: both are declared."""
    return not (isinstance(failure, IgnoredAuth) and "got `429" in failure.message)


def main() -> None:
    """Ask, and say how many answers were not as declared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} instead of {FULL} by chance an operation")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(MLAPP_API_KEY=KEY) as server:
        server.http.headers["X-API-Key"] = KEY
        server.train(dataset="machines", estimator="linear")
        config = Path(folder) / "schemathesis.toml"
        config.write_text(CONFIG)
        program = str(Path(sys.executable).with_name("schemathesis"))
        command = [program, "--config-file", str(config), "run", str(server.http.base_url.join("/openapi.json"))]
        command += ["--header", f"X-API-Key: {KEY}", "--checks", "all", "--continue-on-failure", "--no-color"]
        command += ["--seed", str(chosen.seed), "--max-examples", str(QUICK if chosen.quick else FULL)]
        environment = os.environ | {"SCHEMATHESIS_HOOKS": "benchmarks.faults.fuzz", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        server.http.get("/readyz").raise_for_status()
    print(done.stdout)
    cases = int((re.search(r"(\d+) generated", done.stdout) or ["", "0"])[1])
    failures = int((re.search(r"(\d+) failures?", done.stdout) or ["", "0"])[1])
    enough = chosen.quick or cases >= GOAL_CASES
    print(f"seed {chosen.seed}: {cases} cases (goal {GOAL_CASES}); {failures} failures (goal 0)")
    sys.exit(bool(done.returncode) or not enough)


if __name__ == "__main__":
    main()
