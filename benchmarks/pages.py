"""Pages: load time, and the cost of 50 clients that watch a training.

A page loads within 1.0 s (warm). The clients cost at most 30 % of a core, and the p99 of /predict is at most 2 x that
during the same training without them.
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
CLIENTS = 50
MODEL = "/models/machines"
TABS = ("", "/predict", "/versions", "/versions/1", "/monitor", "/api", "/settings")
PAGES = ("/", "/train", "/jobs", "/system", *[f"{MODEL}{tab}" for tab in TABS])
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


async def load_times_s(base: str, rounds: int) -> dict[str, float]:
    """Return the median time from navigation to the heading of each page, with a warm cache."""
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
def clients_on(server: Server, path: str) -> Iterator[None]:
    """Keep clients on a page until the end of the block."""
    command = [sys.executable, "-m", "benchmarks.harness.page_clients", str(server.http.base_url), path, str(CLIENTS)]
    clients = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert clients.stdout
    assert clients.stdout.readline() == "open\n", "The page clients did not start."
    began = time.perf_counter()
    yield
    took_s = time.perf_counter() - began
    updates = clients.communicate("\n", timeout=30)[0].strip()
    print(f"  each client received {int(updates) / CLIENTS / took_s:.1f} updates a second")


def main() -> None:
    """Measure and report whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter, judges no goal")
    quick = parser.parse_args().quick
    seconds, rounds = (5.0, 1) if quick else (20.0, 5)
    with serving() as server:
        server.train(dataset="machines", estimator="linear")
        base = str(server.http.base_url)
        loaded = asyncio.run(load_times_s(base, rounds))
        slowest = max(loaded, key=lambda path: loaded[path])
        print(f"pages load within {loaded[slowest]:.2f} s (goal {GOAL_S}), the slowest is {slowest}")
        with training(server) as job:
            alone = steady(server, seconds)
            with clients_on(server, f"/ui/jobs/{job}"):
                watched = steady(server, seconds)
    core, ratio = watched.core - alone.core, watched.p99_ms / alone.p99_ms
    print(f"{CLIENTS} clients cost {core:.0%} of a core (goal {GOAL_CORE:.0%})")
    print(f"/predict during a training: p99 {alone.p99_ms:.1f} ms; with the clients {ratio:.2f} x (goal {GOAL_P99})")
    met = loaded[slowest] <= GOAL_S and core <= GOAL_CORE and ratio <= GOAL_P99
    sys.exit(NOT_JUDGED if quick else not met)


if __name__ == "__main__":
    main()
