"""Candidates: columns that may name groups of rows, or order rows in time."""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from mlapp.ml.data.dependence.groups import group_indices
from mlapp.ml.data.quality.quality_checks import ID_NAME
from mlapp.schemas import ColumnType, Feature
from mlapp.tables.columns.conversion import unnamed

SAMPLE_ROWS = 2_000
"""Rows of a sample, at most."""
SEARCHED_ROWS = 20_000
"""Rows among which groups are sampled."""
MIN_GROUPS, MIN_ROWS = 8, 40
MIN_ROWS_A_GROUP = 8
"""Groups keep at least this many of their rows in a sample."""
REPEATED_SHARE = 0.5
"""Share of the rows that have a group of several rows, at least."""
MAX_COLUMNS = 30
"""Columns that are looked at for groups, at most."""
PROBED_ROWS, MAX_PROBED = 2_000, 200
"""Columns of at most so many distinct values in so many rows have many rows for each."""
CODE = r"^\s*[A-Za-z][A-Za-z_\-#. ]*\d+[A-Za-z]?\s*$"
"""Texts such as `P001` and `machine 12`."""
ENTITY = re.compile(
    r"(?i)(?:^|[^a-z])(patient|subject|person|customer|client|user|member|household|family|machine|device|sensor|vehicle"
    r"|engine|store|shop|school|student|pupil|employee|driver|player|animal|plot|well|batch|lot|session|account"
    r"|respondent|participant|donor|patientin|kunde|kundin|maschine|haushalt|gerät|fahrzeug|schüler|filiale)(?:$|[^a-z])"
)
"""Names of columns whose values name someone or something."""
PROPERTY = re.compile(r"(?i)zip|post|plz|region|district|grade|class|category|type|model")
"""Names of columns whose codes are properties that rows share."""
YEARS = (1800, 2100)
YEAR_NAME = re.compile(r"(?i)(?:^|.*[^a-z])(year|yr|jahr|date|datum|timestamp|epoch)(?:$|[^a-z].*)")
ORDER_NAME = re.compile(r"(?i)(?:^|.*[^a-z])(t|day|week|month|quarter|period|woche|monat)(?:$|[^a-z].*)")
"""Names of numbers that order rows in time if the table is sorted by them."""


@dataclass(frozen=True)
class GroupSample:
    """Whole groups of a column, or several rows of each, as a sample of the table."""

    column: str
    rows: np.ndarray
    """Indices of the rows in the table, ascending."""
    groups: np.ndarray
    """The group of each of the rows, as an index."""
    is_number: bool
    names_entities: bool
    """Whether name or values look like those of someone or something, rather than of a property."""


def possible_groups(columns: dict[str, pl.Series], features: list[Feature]) -> list[str]:
    """Return the columns whose type allows for groups, those with telling names first.

    `columns` holds the converted columns of the features, and further ones as they were read.
    """
    types = {feature.name: feature.type for feature in features}
    allowed = [
        name
        for name, values in columns.items()
        if types.get(name) in (ColumnType.INTEGER, ColumnType.CATEGORY)
        or (name not in types and (values.dtype == pl.String or values.dtype.is_integer()))
    ]
    return sorted(allowed, key=lambda name: not is_telling(name))[:MAX_COLUMNS]


def is_telling(name: str) -> bool:
    """Return whether the name of a column is that of someone or something."""
    return bool(ID_NAME.search(name) or ENTITY.search(name))


def sample_groups(name: str, values: pl.Series, seed: int) -> GroupSample | None:
    """Return a sample of groups of a column; None if it has too few groups of several rows."""
    values = unnamed(values)
    found = _searched(values, seed)
    found = found.filter(values.gather(found).is_not_null())
    if len(found) < MIN_ROWS:
        return None
    groups = group_indices(values.gather(found))
    counts = np.bincount(groups)
    if len(counts) < MIN_GROUPS or counts[counts > 1].sum() < REPEATED_SHARE * len(groups):
        return None
    kept = _capped(groups, counts, np.random.default_rng(seed))
    rows = found.to_numpy()[kept]
    is_number = values.dtype != pl.String
    coded = not is_number and not PROPERTY.search(name) and bool(values.gather(rows).str.contains(CODE).all())
    return GroupSample(
        name, rows, np.unique(groups[kept], return_inverse=True)[1], is_number, coded or is_telling(name)
    )


def _searched(values: pl.Series, seed: int) -> pl.Series:
    """Return the rows among which groups are sampled: those of random values, or random ones if these are few."""
    rows = pl.int_range(len(values), eager=True)
    if len(values) <= SEARCHED_ROWS:
        return rows
    if values.sample(PROBED_ROWS, seed=seed).n_unique() <= MAX_PROBED:
        return rows.sample(SEARCHED_ROWS, seed=seed).sort()
    return rows.filter(values.hash(seed) < int(SEARCHED_ROWS / len(values) * 2**64))


def _capped(groups: np.ndarray, counts: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the positions of at most `SAMPLE_ROWS` rows: some rows of every group, or of random ones of many."""
    most = max(MIN_ROWS_A_GROUP, SAMPLE_ROWS // len(counts))
    shuffled = random.permutation(len(groups))
    by_group = shuffled[np.argsort(groups[shuffled], kind="stable")]
    rank = np.arange(len(groups)) - np.repeat(np.cumsum(counts) - counts, counts)
    order = random.permutation(len(counts))
    chosen = order[np.cumsum(np.minimum(counts, most)[order]) <= SAMPLE_ROWS]
    first = by_group[rank < most]
    return np.sort(first[np.isin(groups[first], chosen)])


def possible_times(features: list[Feature], columns: dict[str, pl.Series]) -> list[str]:
    """Return the features that may order the rows in time and have a value in every row, dates first."""
    found = [feature for feature in features if feature.required and _orders(feature, columns[feature.name])]
    return [each.name for each in sorted(found, key=lambda feature: feature.type is not ColumnType.DATETIME)]


def _orders(feature: Feature, values: pl.Series) -> bool:
    if feature.type is ColumnType.DATETIME:
        return True
    if feature.type not in (ColumnType.INTEGER, ColumnType.NUMBER) or feature.min is None or feature.max is None:
        return False
    if YEAR_NAME.match(feature.name):
        return True
    if feature.type is ColumnType.INTEGER and YEARS[0] <= feature.min and feature.max <= YEARS[1]:  # type: ignore[operator]
        return True
    return bool(ORDER_NAME.match(feature.name)) and (values.is_sorted() or values.is_sorted(descending=True))
