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

from playwright.async_api import async_playwright, expect

from benchmarks import NOT_JUDGED
from benchmarks.harness.load import steady
from benchmarks.harness.server import ROOT, Server, serving, training

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
def watching(server: Server, path: str) -> Iterator[None]:
    """Have browsers watch a page until the end of the block."""
    command = [sys.executable, "-m", "benchmarks.harness.page_clients", str(server.http.base_url), path, str(BROWSERS)]
    watchers = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert watchers.stdout
    assert watchers.stdout.readline() == "open\n", "The watchers did not start."
    began = time.perf_counter()
    yield
    took_s = time.perf_counter() - began
    updates = watchers.communicate("\n", timeout=30)[0].strip()
    print(f"  each browser took {int(updates) / BROWSERS / took_s:.1f} updates a second")


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
            alone = steady(server, seconds)
            with watching(server, f"/ui/jobs/{job}"):
                watched = steady(server, seconds)
    core, ratio = watched.core - alone.core, watched.p99_ms / alone.p99_ms
    print(f"{BROWSERS} browsers cost {core:.0%} of a core (goal {GOAL_CORE:.0%})")
    print(f"/predict beside a training: p99 {alone.p99_ms:.1f} ms; while they watch {ratio:.2f} x (goal {GOAL_P99})")
    met = appeared[slowest] <= GOAL_S and core <= GOAL_CORE and ratio <= GOAL_P99
    sys.exit(NOT_JUDGED if quick else not met)


if __name__ == "__main__":
    main()
