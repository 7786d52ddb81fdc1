"""Test the image with a read-only root file system, no capabilities and 512 MB of memory.

`uv run poe image-test` builds it first. Podman works too, under the name `docker`.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import httpx

IMAGE = "mlapp"
KEY = uuid4().hex
RESTRICTIONS = ["--read-only", "--tmpfs", "/tmp", "--memory", "512m", "--cap-drop", "all"]
TIMEOUT_S = 120


def main() -> None:
    """Train, predict, log in, stop during a training, restart, and compare."""
    volume, port = f"mlapp-test-{uuid4().hex[:8]}", 18_000
    try:
        with running(volume, port) as (name, http):
            report("runs as user", docker("exec", name, "id", "-u"))
            table = expect(http.get("/datasets/wine"), 200).content
            options = {"target": "cultivar", "estimator": "linear"}
            info = expect(post_csv(http, "/models/wine/train", table, options), 201).json()
            report("trained", f"{info['model']}, version {info['version']}, accuracy {info['metrics']['accuracy']:.3f}")
            before = expect(post_csv(http, "/predict", table), 200).text
            expect(http.post("/ui/login", data={"key": KEY}), 303)
            expect(http.get("/ui/models/wine/predict"), 200)
            expect(http.post("/train", json={"dataset": "machines"}, headers={"Prefer": "respond-async"}), 202)
            report("memory", docker("stats", "--no-stream", "--format", "{{.MemUsage}}", name))
            stop(name)
        with running(volume, port) as (name, http):
            wait_for(http, "/readyz")
            if expect(post_csv(http, "/models/wine/predict", table), 200).text != before:
                sys.exit("The predictions of the same rows differ after a restart.")
            (newest, *_) = expect(http.get("/jobs"), 200).json()["jobs"]
            report("after a restart", f"same predictions; the training is {newest['status']}")
            stop(name)
    finally:
        docker("volume", "rm", "--force", volume)


@contextmanager
def running(volume: str, port: int) -> Iterator[tuple[str, httpx.Client]]:
    """Run a container until the end of the block; yields its name and an authorized client."""
    name = f"mlapp-test-{uuid4().hex[:8]}"
    settings = ["--env", f"PORT={port}", "--env", f"MLAPP_API_KEY={KEY}", "--env", "MLAPP_DEMO=false"]
    where = ["--publish", f"127.0.0.1:{port}:{port}", "--volume", f"{volume}:/data"]
    began = time.monotonic()
    docker("run", "--detach", "--name", name, *RESTRICTIONS, *where, *settings, IMAGE)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=TIMEOUT_S, headers={"X-API-Key": KEY}) as http:
            wait_for(http, "/health")
            report("healthy after", f"{time.monotonic() - began:.1f} s")
            yield name, http
    except BaseException:
        sys.stderr.write(docker("logs", name) + "\n")
        raise
    finally:
        docker("rm", "--force", name)


def stop(name: str) -> None:
    """Stop a container with SIGTERM; exit unless its status is 0."""
    began = time.monotonic()
    docker("stop", "--time", "20", name)
    status = docker("inspect", "--format", "{{.State.ExitCode}}", name)
    report("stopped", f"in {time.monotonic() - began:.1f} s with status {status}")
    if status != "0":
        sys.exit(f"The exit status after SIGTERM is {status}, not 0.")


def post_csv(http: httpx.Client, path: str, table: bytes, options: dict[str, str] | None = None) -> httpx.Response:
    """Post a table as CSV."""
    return http.post(path, content=table, params=options, headers={"Content-Type": "text/csv"})


def expect(response: httpx.Response, status: int) -> httpx.Response:
    """Return the response if it has this status; exit otherwise."""
    if response.status_code != status:
        sys.exit(f"{response.request.url} returned {response.status_code}, not {status}: {response.text[:500]}")
    return response


def wait_for(http: httpx.Client, path: str) -> None:
    """Wait until a path returns 200."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if http.get(path).status_code == 200:
                return
        time.sleep(0.05)
    sys.exit(f"{path} did not return 200 within {TIMEOUT_S} s.")


def docker(*arguments: str) -> str:
    """Run Docker and return its output."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        sys.exit(f"docker {' '.join(arguments)} failed: {done.stderr.strip()}")
    return (done.stdout + done.stderr if arguments[0] == "logs" else done.stdout).strip()


def report(what: str, result: str) -> None:
    """Print a line of the report."""
    print(f"{what:<16} {result}", flush=True)


if __name__ == "__main__":
    main()
