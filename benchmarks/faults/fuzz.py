"""Fuzzing: valid and invalid requests generated from /openapi.json by Schemathesis.

Each operation gets its examples, boundary values, random values and values from earlier responses; with the right key,
without and with wrong ones. All checks of Schemathesis are enabled: no 5xx, only declared statuses, content types,
headers and bodies, invalid data rejected, valid data accepted, authentication enforced, 405 with `Allow`.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.harness.server import serving

KEY = "the-key-to-everything"
GOAL_CASES = 5_000
FULL, QUICK = 700, 3
"""Random requests per operation at most; many operations have few distinct ones."""
CONFIG = """
# Trainings with `auto` take a while.
request-timeout = 100
checks.max_response_time = 100
generation.database = "none"
# Random keys would be sent beside the right one, which is valid. Requests without a key are tried anyway.
generation.with-security-parameters = false

# Constraints that a schema cannot express: lists of the same length, a target that is a column, a valid CSV.
[[operations]]
include-path-regex = "/(train|predict)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "415", "422", "429"]

# Costs that are those of no class of the model.
[[operations]]
include-path = "/models/{model}"
include-method = "PATCH"
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "409", "422", "429"]
"""


def main() -> None:
    """Run Schemathesis and count failures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} instead of {FULL} random requests per operation")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(MLAPP_API_KEY=KEY) as server:
        server.http.headers["X-API-Key"] = KEY
        server.train(dataset="machines", estimator="linear")
        server.train(dataset="wine", estimator="linear")
        config = Path(folder) / "schemathesis.toml"
        config.write_text(CONFIG)
        program = str(Path(sys.executable).with_name("schemathesis"))
        command = [program, "--config-file", str(config), "run", str(server.http.base_url.join("/openapi.json"))]
        command += ["--header", f"X-API-Key: {KEY}", "--checks", "all", "--continue-on-failure", "--no-color"]
        command += ["--seed", str(chosen.seed), "--max-examples", str(QUICK if chosen.quick else FULL)]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
        # All models may have been deleted.
        server.train(dataset="machines", estimator="linear", activate="always")
        server.http.get("/models/machines").raise_for_status()
    print(done.stdout)
    cases = int((re.search(r"(\d+) generated", done.stdout) or ["", "0"])[1])
    failures = int((re.search(r"(\d+) failures?", done.stdout) or ["", "0"])[1])
    enough = chosen.quick or cases >= GOAL_CASES
    print(f"seed {chosen.seed}: {cases} cases (goal {GOAL_CASES}); {failures} failures (goal 0)")
    sys.exit(bool(done.returncode) or not enough)


if __name__ == "__main__":
    main()
