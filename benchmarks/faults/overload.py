"""Overload: twice and four times the capacity, as an open-loop load of tables of 200 rows on two models in turn.

Goodput within a second is at least 0.9 and 0.6 of the capacity, p99 of /health at most 100 ms, memory bounded, and
latency normal three seconds later. Single rows on 900 connections reach 0.6 of the throughput on 64. Server and load
have a core each.
"""

import argparse
import asyncio
import itertools
import json
import math
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import httpx
import numpy as np

from benchmarks import NOT_JUDGED
from benchmarks.harness.load import LOAD_CORE, SERVER_CORE, load
from benchmarks.harness.server import Server, pinned, serving

ROWS = 200
PATHS = ("/predict", "/models/other/predict")
IN_TIME_S = 1.0
TIMEOUT_S = 10.0
CLOSED = 16
"""Connections of the closed loop that measures the capacity."""
OPEN = 800
"""Largest number of connections of the open loop."""
GOALS = {2: 0.9, 4: 0.6}
CROWD, FEW, GOAL_CROWD = 900, 64, 0.6
GOAL_HEALTH_MS = 100.0
GOAL_MEMORY_MB = 500.0


@dataclass
class Responses:
    """Statuses and latencies."""

    statuses: Counter[str] = field(default_factory=Counter)
    times_s: list[float] = field(default_factory=list)
    """Latencies of the responses with status 200."""

    @property
    def in_time(self) -> int:
        """The number of responses with status 200 within a second."""
        return sum(took <= IN_TIME_S for took in self.times_s)


class LoadGenerator:
    """Requests on persistent connections."""

    def __init__(self, server: Server, body: bytes) -> None:
        url = server.http.base_url
        self.host, self.port = url.host, url.port or 80
        heads = [f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n" for path in PATHS]
        length = b"Content-Length: %d\r\n\r\n" % len(body)
        self.messages = itertools.cycle([head.encode() + length + body for head in heads])
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.open = 0

    async def request(self, responses: Responses) -> None:
        """Send a request and record the outcome."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status = await self._request()
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            responses.statuses[type(error).__name__] += 1
            return
        responses.statuses[status] += 1
        if status == "200":
            responses.times_s.append(time.perf_counter() - began)

    async def _request(self) -> str:
        # The server closes idle connections.
        while self.idle and self.idle[-1][0].at_eof():
            self.idle.pop()[1].close()
            self.open -= 1
        if self.idle:
            reader, writer = self.idle.pop()
        else:
            self.open += 1
            reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(next(self.messages))
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if "chunked" in head:
                while size := int(await reader.readline(), 16):
                    await reader.readexactly(size + 2)
                await reader.readline()
            else:
                await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))
        except BaseException:
            writer.close()
            self.open -= 1
            raise
        self.idle.append((reader, writer))
        return head.split()[1]

    async def closed(self, connections: int, seconds: float) -> Responses:
        """Send requests in a closed loop: each connection as soon as it has its response."""
        responses, ends = Responses(), time.perf_counter() + seconds

        async def repeat() -> None:
            while time.perf_counter() < ends:
                await self.request(responses)

        await asyncio.gather(*[repeat() for _ in range(connections)])
        return responses

    async def at_rate(self, per_s: float, seconds: float) -> Responses:
        """Send requests in an open loop: at a rate that does not depend on responses."""
        responses, began, tasks = Responses(), time.perf_counter(), set[asyncio.Task[None]]()
        for number in range(math.ceil(per_s * seconds)):
            await asyncio.sleep(max(0.0, began + number / per_s - time.perf_counter()))
            if not self.idle and self.open >= OPEN:
                responses.statuses["no connection"] += 1
                continue
            task = asyncio.create_task(self.request(responses))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        return responses

    def close(self) -> None:
        """Close the connections."""
        for _, writer in self.idle:
            writer.close()


def health_ms(url: str, seconds: float) -> list[float]:
    """Return the times of GET /health, twenty a second."""
    times, ends = [], time.perf_counter() + seconds
    with httpx.Client(base_url=url, timeout=60) as http:
        while time.perf_counter() < ends:
            began = time.perf_counter()
            http.get("/health").raise_for_status()
            times.append((time.perf_counter() - began) * 1_000)
            time.sleep(0.05)
    return times


async def measure(server: Server, body: bytes, seconds: float) -> bool:
    """Measure at twice and four times the capacity; returns whether the goals are met."""
    generator, met = LoadGenerator(server, body), True
    await generator.closed(CLOSED, 2)
    capacity = len((await generator.closed(CLOSED, seconds / 3)).times_s) / (seconds / 3)
    before = (await generator.closed(1, 2)).times_s
    print(f"capacity {capacity:.0f}/s of {ROWS} rows; one connection {np.median(before) * 1_000:.0f} ms", flush=True)
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1) as others:
        for times, goal in GOALS.items():
            health_times = loop.run_in_executor(others, health_ms, str(server.http.base_url), seconds)
            responses = await generator.at_rate(times * capacity, seconds)
            health, memory = await health_times, server.process.memory_info().rss / 1e6
            goodput, p99 = responses.in_time / seconds / capacity, float(np.percentile(health, 99))
            await asyncio.sleep(3)
            after = (await generator.closed(1, 2)).times_s
            print(
                f"at {times} x: {goodput:.2f} of the capacity within {IN_TIME_S:.0f} s (goal {goal}), "
                f"{dict(responses.statuses)}; "
                f"/health p99 {p99:.0f} ms, longest {max(health):.0f} ms (goal {GOAL_HEALTH_MS:.0f}); {memory:.0f} MB "
                f"(goal {GOAL_MEMORY_MB:.0f}); afterwards {np.median(after) * 1_000:.0f} ms",
                flush=True,
            )
            kinds = responses.statuses.keys() <= {"200", "503"}
            met = met and kinds and goodput >= goal and p99 <= GOAL_HEALTH_MS and memory <= GOAL_MEMORY_MB
    generator.close()
    return met


def crowded(server: Server, row: dict[str, object], seconds: int) -> bool:
    """Predict single rows on many connections; returns whether the goal is met."""
    url = str(server.http.base_url.join("/predict"))
    few, many = (load(url, {"records": [row]}, count, seconds, allow_rejections=True) for count in (FEW, CROWD))
    ratio = many.per_s / few.per_s
    print(f"single rows on {CROWD} connections: {ratio:.2f} x the throughput on {FEW} (goal {GOAL_CROWD})")
    return ratio >= GOAL_CROWD and many.p99_ms <= IN_TIME_S * 1_000


def main() -> None:
    """Measure and report whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="six seconds each, judges no goal")
    quick = parser.parse_args().quick
    with serving(SERVER_CORE) as server:
        info = server.train(dataset="machines", estimator="random_forest")
        server.train(dataset="machines", estimator="random_forest", model="other")
        row = {feature["name"]: feature["example"] for feature in info["features"]}
        body = json.dumps({"records": [row] * ROWS}).encode()
        with pinned(LOAD_CORE):
            met = asyncio.run(measure(server, body, 6 if quick else 30))
        met = crowded(server, row, 2 if quick else 5) and met
    sys.exit(NOT_JUDGED if quick else not met)


if __name__ == "__main__":
    main()
