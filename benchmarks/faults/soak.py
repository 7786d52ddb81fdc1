"""Soak test: ten minutes of predictions, reads, pages and trainings at once, without errors or growth of memory.

Memory is the PSS of the server's process; its median over the last fifth of the time is at most 1.1 x that over the
second fifth.
"""

import argparse
import asyncio
import io
import itertools
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
import polars as pl
import socketio

from benchmarks import NOT_JUDGED
from benchmarks.harness.page_clients import open_page
from benchmarks.harness.server import Server, serving

GOAL_GROWTH = 1.1
TABS = ("predict", "versions", "monitor", "api", "settings")
PATHS = ("", "/versions", "/versions/active", "/versions/active/card", "/history")
OTHERS = 8
"""Models beside the default one, which are loaded in turn: not all fit into the memory for them."""
LOADED_MB = "1"
PAGES = ("", "train", "jobs", "system", "models/machines", *[f"models/machines/{tab}" for tab in TABS])
READ = ("/models", "/jobs", "/metrics", "/openapi.json", *[f"/models/machines{path}" for path in PATHS])
ESTIMATORS = ("linear", "hist_gradient_boosting", "auto")
TABLE_ROWS = 5_000
KEPT = "10"
SAMPLE_S = 2.0


class Soak:
    """The clients, and the outcome of their requests."""

    def __init__(self, server: Server, http: httpx.AsyncClient, seconds: float) -> None:
        self.server, self.http, self.seconds, self.ends = server, http, seconds, 0.0
        self.done: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.memory_mb: list[float] = []
        self.pages, self.paths, self.estimators = (
            itertools.cycle(PAGES),
            itertools.cycle(READ),
            itertools.cycle(ESTIMATORS),
        )
        info = server.train(dataset="machines", estimator="linear")
        self.others = itertools.cycle(f"machines-{number}" for number in range(OTHERS))
        for _ in range(OTHERS):
            server.train(dataset="machines", estimator="hist_gradient_boosting", model=next(self.others))
        row = {feature["name"]: feature["example"] for feature in info["features"]}
        self.row = {"records": [row]}
        self.table = pl.DataFrame([row] * TABLE_ROWS).write_csv().encode()

    async def run(self) -> None:
        """Run all clients until the time is over."""
        self.ends = time.monotonic() + self.seconds
        actions = (
            (self.predict, 0.02, 2),
            (self.predict_other, 0.3, 1),
            (self.predict_table, 1.0, 1),
            (self.read, 0.3, 1),
            (self.visit, 0.5, 4),
            (self.train, 5.0, 1),
            (self.cancel, 11.0, 1),
            (self.sample, SAMPLE_S, 1),
        )
        await asyncio.gather(*[self._repeat(action, pause) for action, pause, times in actions for _ in range(times)])

    async def _repeat(self, action: Callable[[], Awaitable[object]], pause_s: float) -> None:
        while time.monotonic() < self.ends:
            try:
                await action()
                self.done[action.__name__] += 1
            except (httpx.HTTPError, socketio.exceptions.SocketIOError, AssertionError, OSError) as error:
                self.errors[f"{action.__name__}: {error!r}"] += 1
            await asyncio.sleep(pause_s)

    async def predict(self) -> None:
        """Predict a row."""
        answer = (await self.http.post("/predict", json=self.row)).raise_for_status().json()
        assert len(answer["predictions"]) == 1

    async def predict_other(self) -> None:
        """Predict a row with one of the other models."""
        name = next(self.others)
        answer = (await self.http.post(f"/models/{name}/predict", json=self.row)).raise_for_status().json()
        assert answer["model"] == name, answer["model"]

    async def predict_table(self) -> None:
        """Predict a table."""
        answer = await self.http.post("/predict", content=self.table, headers={"Content-Type": "text/csv"})
        rows = pl.read_csv(io.BytesIO(answer.raise_for_status().content)).height
        assert rows == TABLE_ROWS, f"{rows} rows"

    async def read(self) -> None:
        """Read a list, a record or the metrics."""
        (await self.http.get(next(self.paths))).raise_for_status()

    async def visit(self) -> None:
        """Open a page for two seconds."""
        page = await open_page(str(self.server.http.base_url), f"/ui/{next(self.pages)}")
        await asyncio.sleep(2)
        await page.disconnect()

    async def train(self) -> None:
        """Train and activate a version, then delete the one before the previous."""
        body = {"dataset": "machines", "estimator": next(self.estimators)}
        version = (await self.http.post("/train", json=body)).raise_for_status().json()["version"]
        if version > 2:
            (await self.http.delete(f"/models/machines/versions/{version - 2}")).raise_for_status()

    async def cancel(self) -> None:
        """Start a training and cancel it."""
        body = {"dataset": "machines", "estimator": "random_forest"}
        job = (await self.http.post("/train", json=body, headers={"Prefer": "respond-async"})).raise_for_status().json()
        await asyncio.sleep(0.3)
        answer = await self.http.delete(f"/jobs/{job['id']}")
        assert answer.status_code in {200, 409}, answer.text

    async def sample(self) -> None:
        """Sample the memory."""
        self.memory_mb.append((await asyncio.to_thread(self.server.process.memory_full_info)).pss / 1e6)

    def report(self) -> bool:
        """Print the outcome; returns whether the goals are met."""
        fifth = len(self.memory_mb) // 5
        early, late = statistics.median(self.memory_mb[fifth : 2 * fifth]), statistics.median(self.memory_mb[-fifth:])
        print(", ".join(f"{name} {count:,}" for name, count in self.done.items()))
        minute = round(60 / SAMPLE_S)
        print("MB, each minute:", *[f"{memory:.0f}" for memory in self.memory_mb[::minute]])
        print(f"memory: {late / early:.2f} x (goal {GOAL_GROWTH}), from {early:.0f} to {late:.0f} MB")
        print(
            f"{self.errors.total()} errors (goal 0)", *[f"\n  {count} x {what}" for what, count in self.errors.items()]
        )
        return not self.errors and late <= GOAL_GROWTH * early


async def soak(server: Server, seconds: float) -> bool:
    """Run the soak test; returns whether the goals are met."""
    async with httpx.AsyncClient(base_url=server.http.base_url, timeout=60) as http:
        soaking = Soak(server, http, seconds)
        await soaking.run()
        return soaking.report()


def main() -> None:
    """Run the soak test and report whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--quick", action="store_true", help="half a minute, judges no goal")
    chosen = parser.parse_args()
    with serving(MLAPP_KEEP_VERSIONS=KEPT, MLAPP_LOADED_MB=LOADED_MB, MLAPP_MAX_JOBS="2") as server:
        met = asyncio.run(soak(server, 30 if chosen.quick else 60 * chosen.minutes))
    sys.exit(NOT_JUDGED if chosen.quick else not met)


if __name__ == "__main__":
    main()
