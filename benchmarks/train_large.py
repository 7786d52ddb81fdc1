"""A 1,000,000-row CSV through /train: at most 1.25 x the time of a plain script that reads and fits it.

Importing the script's libraries is not measured, and it evaluates nothing; /train also infers types, evaluates, stores
and activates.
"""

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable

import polars as pl
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks import NOT_JUDGED
from benchmarks.harness.server import Server, shared_or_new_server
from benchmarks.harness.tables import as_csv, mixed

GOAL = 1.25
CATEGORIES = ["kind", "place"]


def boosting(data: bytes) -> None:
    """Read a CSV and fit gradient boosting."""
    frame = pl.read_csv(io.BytesIO(data), try_parse_dates=True)
    codes = pl.col(CATEGORIES).cast(pl.Categorical).to_physical()
    X = frame.drop("y").with_columns(codes).cast(pl.Float64)
    HistGradientBoostingRegressor(categorical_features=CATEGORIES, random_state=0).fit(X, frame["y"].to_numpy())


def linear(data: bytes) -> None:
    """Read a CSV and fit a linear model."""
    frame = pl.read_csv(io.BytesIO(data), try_parse_dates=True)
    numbers = [name for name in frame.columns if name not in (*CATEGORIES, "y")]
    preparation = make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), CATEGORIES),
    )
    X = frame.drop("y").with_columns(pl.col(numbers).cast(pl.Float64))
    make_pipeline(preparation, Ridge()).fit(X, frame["y"].to_numpy())


SCRIPTS = {"hist_gradient_boosting": boosting, "linear": linear}


def seconds(call: Callable[[], object]) -> float:
    """Return the time of a call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def compare(server: Server, name: str, data: bytes, rounds: int) -> float:
    """Return the median ratio of the time of /train to that of the script."""
    ratios = []
    for _ in range(rounds):
        script = seconds(lambda: SCRIPTS[name](data))
        train = seconds(lambda: server.train(data, target="y", estimator=name))
        ratios.append(train / script)
        print(f"  {name}: script {script:.2f} s, /train {train:.2f} s", flush=True)
    return statistics.median(ratios)


def main() -> None:
    """Measure and report whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 rows, linear model, one round, judges no goal")
    quick = parser.parse_args().quick
    rows, rounds = (100_000, 1) if quick else (1_000_000, 3)
    data = as_csv(mixed(rows))
    print(f"{rows:,} rows x 10 columns, {len(data) / 1e6:.0f} MB of CSV")
    with shared_or_new_server() as server:
        server.train(dataset="diabetes", estimator="linear")
        ratios = {name: compare(server, name, data, rounds) for name in (("linear",) if quick else SCRIPTS)}
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} x the plain script (goal {GOAL})")
    if quick:
        sys.exit(NOT_JUDGED)
    sys.exit(max(ratios.values()) > GOAL)


if __name__ == "__main__":
    main()
