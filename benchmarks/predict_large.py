"""A 100,000-row CSV through /predict, beside a script that reads, predicts and writes it: at most 1.25 x its time.

The script is one that a data scientist would write: a pipeline of the same steps, `pl.read_csv`, `predict`,
`write_csv`; the libraries are loaded before its time begins. Both use one core each, and take turns.
"""

import argparse
import http.client
import io
import statistics
import sys
import time
from collections.abc import Callable
from http import HTTPStatus

import polars as pl
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from benchmarks import NOT_JUDGED
from benchmarks.harness.server import Server, borrowed
from benchmarks.harness.tables import as_csv, mixed

GOAL = 1.25
TRAIN_ROWS = 20_000
CATEGORIES = ["old", "kind", "place"]
NUMBERS = ["a", "b", "c", "gaps", "count", "day"]


def script_of(name: str, training: pl.DataFrame) -> Callable[[bytes], bytes]:
    """Return the plain script, its pipeline fitted."""
    pipeline = _pipeline(name)
    pipeline.fit(_prepared(training), training["y"].to_numpy())

    def run(data: bytes) -> bytes:
        table = pl.read_csv(data, try_parse_dates=True)
        table = table.with_columns(pl.Series("prediction", pipeline.predict(_prepared(table))))
        out = io.BytesIO()
        table.write_csv(out)
        return out.getvalue()

    return run


def _prepared(table: pl.DataFrame) -> pl.DataFrame:
    days = pl.col("day").cast(pl.Int32)
    return table.select(*(name for name in NUMBERS if name != "day"), days, *CATEGORIES)


def _pipeline(name: str) -> BaseEstimator:
    if name == "linear":
        numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        coded = OneHotEncoder(handle_unknown="ignore")
        return make_pipeline(ColumnTransformer([("n", numbers, NUMBERS), ("c", coded, CATEGORIES)]), Ridge())
    coded = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    places = list(range(len(NUMBERS), len(NUMBERS) + len(CATEGORIES)))
    transformer = ColumnTransformer([("n", "passthrough", NUMBERS), ("c", coded, CATEGORIES)])
    # As many trees of the same size as the server's.
    options = {"max_iter": 200, "max_leaf_nodes": 15, "max_features": 0.5}
    return make_pipeline(transformer, HistGradientBoostingRegressor(categorical_features=places, **options))


def posted(server: Server, data: bytes) -> bytes:
    """Return the answer to a CSV; by the standard library's client, for httpx takes longer to read it than to wait."""
    url = server.http.base_url
    connection = http.client.HTTPConnection(url.host, url.port or 80, timeout=60)
    connection.request("POST", "/predict", data, {"Content-Type": "text/csv"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != HTTPStatus.OK:
        sys.exit(f"/predict answered {answer.status}.")
    return body


def main() -> None:
    """Measure, and say whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of the linear model, and not judged")
    rounds = 1 if (quick := parser.parse_args().quick) else 7
    training, data = mixed(TRAIN_ROWS), as_csv(mixed(100_000).drop("y"))
    worst = 0.0
    for name in ("linear",) if quick else ("linear", "hist_gradient_boosting"):
        script = script_of(name, training)
        with borrowed() as server:
            server.train(as_csv(training), target="y", estimator=name)
            plain: list[float] = []
            served: list[float] = []
            for _ in range(rounds + 1):
                began = time.perf_counter()
                script(data)
                plain.append(time.perf_counter() - began)
                began = time.perf_counter()
                answer = posted(server, data)
                served.append(time.perf_counter() - began)
                if pl.read_csv(answer).height != 100_000:
                    sys.exit("The answer has not as many rows as the table.")
        ratio = statistics.median(served[1:]) / statistics.median(plain[1:])
        print(f"{name}: {ratio:.2f} x the script's {statistics.median(plain[1:]):.2f} s (goal {GOAL})", flush=True)
        worst = max(worst, ratio)
    sys.exit(NOT_JUDGED if quick else worst > GOAL)


if __name__ == "__main__":
    main()
