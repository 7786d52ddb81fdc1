"""What pages cost.

A page appears within 1.0 s (warm); 50 open browsers that watch a training cost under 30 % of a core of the server;
the 99th percentile of /predict stays within 2 x of what it is beside the same training without them.
"""

import argparse
import asyncio
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import numpy as np
from playwright.async_api import async_playwright, expect

from benchmarks import NOT_JUDGED
from benchmarks.serving import ROOT, Server, serving
from benchmarks.tables import as_csv, mixed

GOAL_S, GOAL_CORE, GOAL_P99 = 1.0, 0.30, 2.0
BROWSERS = 50
PAGES = ("/", "/train", "/predict", "/models", "/models/1", "/monitor", "/jobs", "/health")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


async def appearing_s(base: str, rounds: int) -> dict[str, float]:
    """Return the median time from asking for a page to seeing its heading, once the browser knows its scripts."""
    times: dict[str, list[float]] = {path: [] for path in PAGES}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = await browser.new_page(base_url=base)
        for _ in range(rounds + 1):
            for path in PAGES:
                began = time.perf_counter()
                await page.goto(f"/ui{path}", wait_until="commit")
                await expect(page.get_by_role("heading", level=1)).to_be_visible()
                times[path].append(time.perf_counter() - began)
        await browser.close()
    return {path: statistics.median(taken[1:]) for path, taken in times.items()}


@contextmanager
def training(server: Server) -> Iterator[int]:
    """Train a forest that takes longer than what is measured; gives the job's number."""
    answer = server.http.post(
        "/train",
        params={"target": "y", "estimator": "random_forest"},
        content=as_csv(mixed(60_000)),
        headers={"Content-Type": "text/csv", "Prefer": "respond-async"},
    )
    job = answer.raise_for_status().json()["id"]
    while server.http.get(f"/jobs/{job}").json()["progress"] < 0.03:
        time.sleep(0.1)
    yield job
    server.http.delete(f"/jobs/{job}").raise_for_status()


@contextmanager
def watching(server: Server, path: str) -> Iterator[None]:
    """Have browsers watch a page until the end of the block."""
    command = [sys.executable, "-m", "benchmarks._watchers", str(server.http.base_url), path, str(BROWSERS)]
    watchers = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert watchers.stdout
    assert watchers.stdout.readline() == "open\n", "The watchers did not start."
    began = time.perf_counter()
    yield
    took_s = time.perf_counter() - began
    updates = watchers.communicate("\n", timeout=30)[0].strip()
    print(f"  each browser took {int(updates) / BROWSERS / took_s:.1f} updates a second")


def measured(server: Server, seconds: float) -> tuple[float, float]:
    """Return the 99th percentile of a prediction in ms, and the share of a core that the server took."""
    model = server.http.get("/models/active").json()
    body = {"records": [{feature["name"]: feature["example"] for feature in model["features"]}]}
    times, ends, before = [], time.perf_counter() + seconds, server.process.cpu_times()
    began = time.perf_counter()
    with httpx.Client(base_url=server.http.base_url) as http:
        while time.perf_counter() < ends:
            asked = time.perf_counter()
            http.post("/predict", json=body).raise_for_status()
            times.append(time.perf_counter() - asked)
            time.sleep(0.01)
    after, took_s = server.process.cpu_times(), time.perf_counter() - began
    core = (after.user + after.system - before.user - before.system) / took_s
    return float(np.percentile(times, 99)) * 1_000, core


def main() -> None:
    """Measure, and say whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter, and not judged")
    quick = parser.parse_args().quick
    seconds, rounds = (5.0, 1) if quick else (20.0, 5)
    with serving() as server:
        server.train(dataset="machines", estimator="linear")
        base = str(server.http.base_url)
        appeared = asyncio.run(appearing_s(base, rounds))
        slowest = max(appeared, key=lambda path: appeared[path])
        print(f"pages appear within {appeared[slowest]:.2f} s (goal {GOAL_S}), the slowest is {slowest}")
        with training(server) as job:
            alone_ms, alone = measured(server, seconds)
            with watching(server, f"/ui/jobs/{job}"):
                watched_ms, watched = measured(server, seconds)
    core, ratio = watched - alone, watched_ms / alone_ms
    print(f"{BROWSERS} browsers cost {core:.0%} of a core (goal {GOAL_CORE:.0%})")
    print(f"/predict beside a training: p99 {alone_ms:.1f} ms; while they watch {ratio:.2f} x (goal {GOAL_P99})")
    met = appeared[slowest] <= GOAL_S and core <= GOAL_CORE and ratio <= GOAL_P99
    sys.exit(NOT_JUDGED if quick else not met)


if __name__ == "__main__":
    main()
