"""Catalog of bundled tables, for trying the app without a file. A fork adds its own tables here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import polars as pl
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.utils import Bunch

from mlapp.errors import NotFound, shorten
from mlapp.schemas import DatasetInfo, DataSource, Task
from mlapp.tables.bundled.machines import machines
from mlapp.tables.table import Table


@dataclass(frozen=True)
class _Bundled:
    load: Callable[[], pl.DataFrame]
    target: str
    task: Task
    description: str
    simulated: bool = False


def dataset(name: str) -> tuple[Table, str]:
    """Return a bundled table and the name of its target.

    Raises:
        NotFound: there is no bundled table of that name.
    """
    if name not in _DATASETS:
        raise NotFound(f"There is no bundled table '{shorten(name)}'; there are {', '.join(_DATASETS)}.")
    return Table(_DATASETS[name].load()), _DATASETS[name].target


def source_of(name: str) -> DataSource:
    """Return the data source that a version trained on a bundled table stores."""
    return DataSource(dataset=name, simulated=_DATASETS[name].simulated)


@cache
def describe_datasets() -> list[DatasetInfo]:
    """Describe all bundled tables."""
    return [_describe(name, bundled) for name, bundled in _DATASETS.items()]


def _describe(name: str, bundled: _Bundled) -> DatasetInfo:
    frame = bundled.load()
    return DatasetInfo(
        name=name,
        description=bundled.description,
        rows=frame.height,
        columns=frame.columns,
        target=bundled.target,
        task=bundled.task,
        simulated=bundled.simulated,
    )


def _diabetes() -> pl.DataFrame:
    return _features(load_diabetes(scaled=False)).with_columns(progression=load_diabetes().target)


def _breast_cancer() -> pl.DataFrame:
    return _labelled(load_breast_cancer(), "diagnosis")


def _wine() -> pl.DataFrame:
    return _labelled(load_wine(), "cultivar")


def _features(bunch: Bunch) -> pl.DataFrame:
    return pl.DataFrame(bunch.data, schema=[str(name) for name in bunch.feature_names])


def _labelled(bunch: Bunch, target: str) -> pl.DataFrame:
    labels = [str(bunch.target_names[number]) for number in bunch.target]
    return _features(bunch).with_columns(pl.Series(target, labels))


_DATASETS = {
    "diabetes": _Bundled(
        _diabetes,
        "progression",
        Task.REGRESSION,
        "442 patients: age, sex, body mass, blood pressure and six serum values, and how far their diabetes had "
        "progressed a year later. Efron et al., Least Angle Regression (2004).",
    ),
    "breast_cancer": _Bundled(
        _breast_cancer,
        "diagnosis",
        Task.CLASSIFICATION,
        "569 tumours: thirty measures of the cell nuclei in an image, and whether the tumour was malignant or "
        "benign. Wolberg et al., Wisconsin Diagnostic Breast Cancer (1995).",
    ),
    "wine": _Bundled(
        _wine,
        "cultivar",
        Task.CLASSIFICATION,
        "178 wines from one region: thirteen chemical measures, and which of three cultivars the grapes were. "
        "Aeberhard and Forina, Wine (1992).",
    ),
    "machines": _Bundled(
        machines,
        "time_for_failure",
        Task.REGRESSION,
        "2,000 machines: age in days, type, temperature in °C, load, last service and whether there is a sensor, "
        "and the days until each failed. Simulated by a Weibull lifetime model: good for trying, not for conclusions.",
        simulated=True,
    ),
}
