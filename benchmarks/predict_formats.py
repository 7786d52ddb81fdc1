"""100,000 rows through /predict in every format, while others ask for single rows: those wait at most 100 ms.

That is the 99th percentile of a hundred requests a second, with bodies of many rows one after the other beside them
on the same core. How long a body takes, and how much memory the server takes more than before, is printed.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import polars as pl

from benchmarks import NOT_JUDGED
from benchmarks.harness.load import LOAD_CORE, SERVER_CORE, steady
from benchmarks.harness.server import Server, borrowed
from benchmarks.harness.tables import as_csv, mixed

GOAL_MS = 100.0
ROWS = 100_000
SAMPLE_S = 0.02


def bodies(table: pl.DataFrame) -> Iterator[tuple[str, str, bytes]]:
    """Give a table in every format: its name, its content type, its bytes."""
    yield "CSV", "text/csv", as_csv(table)
    parquet = io.BytesIO()
    table.write_parquet(parquet)
    yield "Parquet", "application/vnd.apache.parquet", parquet.getvalue()
    plain = table.with_columns(pl.col("day").cast(pl.String))
    yield "NDJSON", "application/x-ndjson", plain.write_ndjson().encode()
    yield "JSON records", "application/json", json.dumps({"records": plain.to_dicts()}).encode()
    yield "JSON columns", "application/json", json.dumps({"columns": plain.to_dict(as_series=False)}).encode()


@contextmanager
def beside(turn: Callable[[], object]) -> Iterator[None]:
    """Do something over and over until the end of the block; what goes wrong with it is raised there."""
    stop = Event()

    def go() -> None:
        while not stop.is_set():
            turn()

    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(go)
        try:
            yield
        finally:
            stop.set()
        going.result()


@contextmanager
def posting(server: Server, kind: str, body: bytes) -> Iterator[list[float]]:
    """Post a body over and over until the end of the block; gives the times that it took, in seconds."""
    url, times = str(server.http.base_url.join("/predict")), list[float]()
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(body)
        # In a process of its own, for what is sent from here would hold up the single rows that are asked from here.
        command = ["taskset", "-c", str(LOAD_CORE), "curl", "-fsS", "-o", "/dev/null", "-H", f"Content-Type: {kind}"]
        command += ["-H", "Expect:", "--data-binary", f"@{file.name}", url]

        def post() -> None:
            began = time.perf_counter()
            subprocess.run(command, check=True)
            times.append(time.perf_counter() - began)

        with beside(post):
            yield times


@contextmanager
def watching(server: Server) -> Iterator[list[float]]:
    """Take down the memory of a server until the end of the block; gives it in MB."""
    found = [server.process.memory_info().rss / 1e6]

    def watch() -> None:
        time.sleep(SAMPLE_S)
        found.append(server.process.memory_info().rss / 1e6)

    with beside(watch):
        yield found


def main() -> None:
    """Measure, and say whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one second a format, and not judged")
    quick = parser.parse_args().quick
    seconds, worst = 1 if quick else 10, 0.0
    with borrowed(SERVER_CORE) as server:
        server.train(as_csv(mixed(20_000)), target="y", estimator="linear")
        alone = steady(server, seconds)
        print(f"single rows alone: p50 {alone.p50_ms:.1f} ms, p99 {alone.p99_ms:.1f} ms", flush=True)
        for name, kind, body in bodies(mixed(ROWS).drop("y")):
            with watching(server) as memory, posting(server, kind, body) as times:
                beside = steady(server, seconds)
            print(
                f"{name}, {len(body) / 1e6:.1f} MB: {min(times):.2f} s a body, up to {max(memory) - memory[0]:.0f} MB; "
                f"single rows p50 {beside.p50_ms:.1f} ms, p99 {beside.p99_ms:.1f} ms (goal {GOAL_MS:.0f})",
                flush=True,
            )
            worst = max(worst, beside.p99_ms)
    sys.exit(NOT_JUDGED if quick else worst > GOAL_MS)


if __name__ == "__main__":
    main()
