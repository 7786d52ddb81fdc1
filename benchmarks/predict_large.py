"""A 100,000-row CSV through /predict: at most 1.25 x the time of a plain script.

The script uses `pl.read_csv`, a fitted pipeline of the same steps and `write_csv`; importing its libraries is not
measured. Both alternate, on one core each.
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
from benchmarks.harness.server import Server, shared_or_new_server
from benchmarks.harness.tables import as_csv, mixed

GOAL = 1.25
TRAIN_ROWS = 20_000
MODEL = "mixed"
CATEGORIES = ["old", "kind", "place"]
NUMBERS = ["a", "b", "c", "gaps", "count", "day"]


def script_of(name: str, training: pl.DataFrame) -> Callable[[bytes], bytes]:
    """Return the plain script with its pipeline fitted."""
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
    # The same number and size of trees as the server's.
    options = {"max_iter": 200, "max_leaf_nodes": 15, "max_features": 0.5}
    return make_pipeline(transformer, HistGradientBoostingRegressor(categorical_features=places, **options))


def posted(server: Server, data: bytes) -> bytes:
    """Post a CSV and return the response, by http.client, as httpx is slower to read it than the server to predict."""
    url = server.http.base_url
    connection = http.client.HTTPConnection(url.host, url.port or 80, timeout=60)
    connection.request("POST", f"/models/{MODEL}/predict", data, {"Content-Type": "text/csv"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != HTTPStatus.OK:
        sys.exit(f"/predict returned {answer.status}.")
    return body


def main() -> None:
    """Measure and report whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of the linear model, judges no goal")
    rounds = 1 if (quick := parser.parse_args().quick) else 7
    training, data = mixed(TRAIN_ROWS), as_csv(mixed(100_000).drop("y"))
    worst = 0.0
    for name in ("linear",) if quick else ("linear", "hist_gradient_boosting"):
        script = script_of(name, training)
        with shared_or_new_server() as server:
            server.train(as_csv(training), target="y", estimator=name, model=MODEL, activate="always")
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
                    sys.exit("The response lacks rows of the table.")
        ratio = statistics.median(served[1:]) / statistics.median(plain[1:])
        print(f"{name}: {ratio:.2f} x the script's {statistics.median(plain[1:]):.2f} s (goal {GOAL})", flush=True)
        worst = max(worst, ratio)
    sys.exit(NOT_JUDGED if quick else worst > GOAL)


if __name__ == "__main__":
    main()
