"""Run the image as a careful host would: nothing writable but /data and /tmp, no rights, 512 MB.

`uv run poe image-test` builds it first. Podman does as well as Docker, under Docker's name.
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
CONFINED = ["--read-only", "--tmpfs", "/tmp", "--memory", "512m", "--cap-drop", "all"]
PATIENCE_S = 120


def main() -> None:
    """Train, predict, look at a page, stop in the middle of a training, and find all of it again."""
    volume, port = f"mlapp-test-{uuid4().hex[:8]}", 18_000
    try:
        with running(volume, port) as (name, http):
            say("runs as user", docker("exec", name, "id", "-u"))
            table = expect(http.get("/datasets/wine"), 200).content
            options = {"target": "cultivar", "estimator": "linear"}
            model = expect(post_csv(http, "/train", table, options), 201).json()
            say("trained version", f"{model['version']}, accuracy {model['metrics']['accuracy']:.3f}")
            before = expect(post_csv(http, "/predict", table), 200).text
            expect(http.post("/ui/login", data={"key": KEY}), 303)
            expect(http.get("/ui/predict"), 200)
            expect(http.post("/train", json={"dataset": "machines"}, headers={"Prefer": "respond-async"}), 202)
            say("memory", docker("stats", "--no-stream", "--format", "{{.MemUsage}}", name))
            stop(name)
        with running(volume, port) as (name, http):
            wait_for(http, "/readyz")
            if expect(post_csv(http, "/predict", table), 200).text != before:
                sys.exit("After a restart the same rows were predicted otherwise.")
            (newest, *_) = expect(http.get("/jobs"), 200).json()["jobs"]
            say("after a restart", f"same predictions; the training that ran is {newest['status']}")
            stop(name)
    finally:
        docker("volume", "rm", "--force", volume)


@contextmanager
def running(volume: str, port: int) -> Iterator[tuple[str, httpx.Client]]:
    """Run the image until the end of the block; gives the container's name and a client that has the key."""
    name = f"mlapp-test-{uuid4().hex[:8]}"
    settings = ["--env", f"PORT={port}", "--env", f"MLAPP_API_KEY={KEY}", "--env", "MLAPP_DEMO=false"]
    where = ["--publish", f"127.0.0.1:{port}:{port}", "--volume", f"{volume}:/data"]
    began = time.monotonic()
    docker("run", "--detach", "--name", name, *CONFINED, *where, *settings, IMAGE)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S, headers={"X-API-Key": KEY}) as http:
            wait_for(http, "/health")
            say("healthy after", f"{time.monotonic() - began:.1f} s")
            yield name, http
    except BaseException:
        sys.stderr.write(docker("logs", name) + "\n")
        raise
    finally:
        docker("rm", "--force", name)


def stop(name: str) -> None:
    """Stop a container with SIGTERM, which has to be a success."""
    began = time.monotonic()
    docker("stop", "--time", "20", name)
    status = docker("inspect", "--format", "{{.State.ExitCode}}", name)
    say("stopped", f"in {time.monotonic() - began:.1f} s with status {status}")
    if status != "0":
        sys.exit("SIGTERM has to end it with status 0.")


def post_csv(http: httpx.Client, path: str, table: bytes, options: dict[str, str] | None = None) -> httpx.Response:
    """Send a table as CSV."""
    return http.post(path, content=table, params=options, headers={"Content-Type": "text/csv"})


def expect(answer: httpx.Response, status: int) -> httpx.Response:
    """Return an answer of this status, or end with what was answered instead."""
    if answer.status_code != status:
        sys.exit(f"{answer.request.url} answered {answer.status_code}, not {status}: {answer.text[:500]}")
    return answer


def wait_for(http: httpx.Client, path: str) -> None:
    """Wait until a path answers 200."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if http.get(path).status_code == 200:
                return
        time.sleep(0.05)
    sys.exit(f"{path} did not answer 200 within {PATIENCE_S} s.")


def docker(*arguments: str) -> str:
    """Run Docker, and return what it printed."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if done.returncode:
        sys.exit(f"docker {' '.join(arguments)} failed: {done.stderr.strip()}")
    return (done.stdout + done.stderr if arguments[0] == "logs" else done.stdout).strip()


def say(what: str, how: str) -> None:
    """Print a line of the report."""
    print(f"{what:<16} {how}", flush=True)


if __name__ == "__main__":
    main()
