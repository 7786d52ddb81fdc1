"""Data-quality warnings: leakage, IDs, missing values, constants, outliers, duplicates, class imbalance."""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from mlapp.errors import shorten
from mlapp.ml.data.quality.outliers import feature_outliers, target_outliers
from mlapp.ml.evaluation.splits import FOLDS
from mlapp.schemas import ColumnType, Feature, Task
from mlapp.tables.columns.conversion import format_values, is_whole, unnamed
from mlapp.tables.columns.texts.spellings import spelling_variants

MAX_SENTENCES = 3
"""Columns that get their own sentence, per kind of warning; the others share one. Also the rare classes and the
spellings listed."""
MAX_NAMES = 10
"""Columns named in the shared sentence."""

ID_NAME = re.compile(r"(?i:(?:^|[^a-z])(?:id|nr|no|key|index|idx|row|rowid|number)$)|[a-z](?:Id|ID|Nr|No)$")
ID_SPAN = 1.1
"""Whole numbers whose range is at most this many times their count look like row numbers."""
ID_MIN_ROWS = 20
"""In fewer rows, whole numbers may be distinct by chance."""
MISSING_SHARE = 0.5
CONSTANT_SHARE, CONSTANT_MIN_ROWS, CONSTANT_SAMPLE = 0.99, 100, 1_000
DUPLICATES_SHARE = 0.01
DUPLICATES_ROOM = 100
"""Duplicates are expected where there are fewer possible rows than this many times the rows of the table."""
IMBALANCE_RATIO = 19
"""Rows of the most frequent class per row of the rarest; of two classes, the rarer one then has 5 %."""


def quality_warnings(  # noqa: PLR0913, PLR0917 - everything known before the first fit
    frame: pl.DataFrame,
    features: Sequence[Feature],
    target: pl.Series,
    task: Task,
    y: np.ndarray,
    leaking: Sequence[str],
) -> list[str]:
    """Return the data-quality warnings of a training set.

    `frame` holds the converted columns of the features, as in `Signature`; `y` holds values or class indices; `leaking`
    names the features that predict the target on their own. A column gets one warning at most. Empty and constant
    columns get none here, as `infer_signature` reports them.
    """
    checks = [
        {name: _leaking(name, target.name) for name in leaking},
        _identifiers(frame, features),
        _missing(frame, features),
        _near_constant(frame, features),
        feature_outliers(frame, features),
    ]
    reported: set[str] = set()
    warnings = []
    for by_column in checks:
        warnings += _summarize({name: warning for name, warning in by_column.items() if name not in reported})
        reported |= by_column.keys()
    of_rows = [_duplicates(frame, features, target)]
    if task is Task.CLASSIFICATION:
        of_rows += [_rare_classes(target, y), _imbalance(target, y)]
    else:
        of_rows.append(target_outliers(target))
    return warnings + [warning for warning in of_rows if warning]


def _summarize(by_column: Mapping[str, str]) -> list[str]:
    """Return the warnings of the first columns, and one for all others."""
    warnings, others = list(by_column.values()), list(by_column)[MAX_SENTENCES:]
    if not others:
        return warnings
    names = _listed([f"'{shorten(name, 40)}'" for name in others], MAX_NAMES)
    return [*warnings[:MAX_SENTENCES], f"The same holds for {_count(len(others), 'more column')}: {names}."]


def _leaking(name: str, target: str) -> str:
    return (
        f"Column '{shorten(name)}' alone predicts '{shorten(target)}' almost perfectly. If it says the same in other "
        "words, or is only known afterwards, train without it."
    )


def identity_warnings(adding_up: Sequence[str], target: str) -> list[str]:
    """Warn of features that restate the target together; none without features."""
    if not adding_up:
        return []
    names = ", ".join(f"'{shorten(name, 40)}'" for name in adding_up[:-1]) + f" and '{shorten(adding_up[-1], 40)}'"
    finding = f"Columns {names} together give '{shorten(target)}' almost exactly, like the parts of a sum."
    return [f"{finding} If they are only known together with it, train without them."]


def _identifiers(frame: pl.DataFrame, features: Sequence[Feature]) -> dict[str, str]:
    return {
        feature.name: f"Column '{shorten(feature.name)}' has another whole number in every row, like a row number. "
        "New rows have numbers of their own: train without it, unless the number means something."
        for feature in features
        if feature.type is ColumnType.INTEGER and identifies(feature.name, unnamed(frame[feature.name]))
    }


def identifies(name: str, values: pl.Series) -> bool:
    """Return whether whole numbers identify the rows, like row numbers and IDs."""
    if len(values) < ID_MIN_ROWS or values.has_nulls():
        return False
    span = values.max() - values.min() + 1  # type: ignore[operator]
    ordered = values.is_sorted() or values.is_sorted(descending=True)
    suspect = ordered or span <= ID_SPAN * len(values) or ID_NAME.search(name)
    # Counting distinct values is slow, and rarely needed.
    return bool(suspect and span >= len(values) and values.n_unique() == len(values))


def spelling_warnings(name: str, distinct: pl.Series) -> list[str]:
    """Warn of distinct texts of a column that are spellings of one another."""
    groups = spelling_variants(distinct)
    if not groups:
        return []
    shown = _listed([f"'{shorten(text, 20)}'" for text in groups[0]], MAX_SENTENCES)
    more = {0: "", 1: ", as do those of another value"}.get(
        len(groups) - 1, f", as do those of {len(groups) - 1} others"
    )
    name = shorten(name)
    return [
        f"The spellings {shown} in '{name}' differ only by case or spaces{more}; merge them by merge_values={name}."
    ]


def _missing(frame: pl.DataFrame, features: Sequence[Feature]) -> dict[str, str]:
    counts = {feature.name: frame[feature.name].null_count() for feature in features}
    return {
        name: f"Column '{shorten(name)}' is missing in {_share(count, frame.height)} of the rows. Fill it in or "
        "train without it, unless a missing value says something itself."
        for name, count in counts.items()
        if MISSING_SHARE * frame.height <= count < frame.height
    }


def _near_constant(frame: pl.DataFrame, features: Sequence[Feature]) -> dict[str, str]:
    if frame.height < CONSTANT_MIN_ROWS:
        return {}
    found = {}
    for feature in features:
        values = unnamed(frame[feature.name])
        # A value that dominates the column dominates a sample of it.
        sample = values.gather_every(max(1, len(values) // CONSTANT_SAMPLE)).drop_nulls()
        mode = sample.value_counts(sort=True)[""][:1]
        count = int((values == mode[0]).sum()) if len(mode) else 0
        if CONSTANT_SHARE * len(values) <= count < len(values) - values.null_count():
            found[feature.name] = (
                f"Column '{shorten(feature.name)}' is '{_spelled(mode)}' in {_share(count, len(values))} of the rows "
                "and so says little. Train without it, unless the other values matter."
            )
    return found


def _duplicates(frame: pl.DataFrame, features: Sequence[Feature], target: pl.Series) -> str | None:
    if sum(map(_log_values, features)) < math.log(DUPLICATES_ROOM * frame.height):
        return None
    duplicates = frame.height - frame.hstack([target]).hash_rows().n_unique()
    if duplicates < DUPLICATES_SHARE * frame.height:
        return None
    return (
        f"{_count(duplicates, 'row')} of {frame.height:,} ({_share(duplicates, frame.height)}) repeat another row "
        "exactly. Remove them unless they are separate cases: repeated rows make scores look better than they are."
    )


def _log_values(feature: Feature) -> float:
    """Return the logarithm of the number of distinct values that a feature can have, missing included."""
    missing = 0 if feature.required else 1
    if feature.type is ColumnType.CATEGORY:
        return math.log(max(1, len(feature.categories or []) + missing))
    if feature.type is ColumnType.BOOLEAN:
        return math.log(2 + missing)
    if feature.type is ColumnType.INTEGER and feature.max is not None:
        return math.log(feature.max - feature.min + 1 + missing)  # type: ignore[operator]
    return 0.0 if feature.max is None else math.inf


def _rare_classes(target: pl.Series, y: np.ndarray) -> str | None:
    counts = np.bincount(y)
    rare = np.flatnonzero(counts < FOLDS)
    if not len(rare):
        return None
    classes = [f"'{_class(target, y, label)}' ({_count(counts[label], 'row')})" for label in rare[: MAX_SENTENCES + 1]]
    return (
        f"'{shorten(target.name)}' has {_count(len(rare), 'value')} in fewer than {FOLDS} rows, too few to learn and "
        f"to test: {_listed(classes, MAX_SENTENCES)}. Add rows with them, or merge them into other values."
    )


def _imbalance(target: pl.Series, y: np.ndarray) -> str | None:
    counts = np.bincount(y)
    if counts.max() < IMBALANCE_RATIO * counts.min():
        return None
    majority, share = _class(target, y, counts.argmax()), _share(counts.max(), len(y))
    return (
        f"'{shorten(target.name)}' is '{majority}' in {share} of the rows and '{_class(target, y, counts.argmin())}' "
        f"in {_share(counts.min(), len(y))}. Always predicting '{majority}' would be correct in {share}: compare "
        "versions by balanced accuracy, where all values count alike."
    )


def _class(target: pl.Series, y: np.ndarray, label: int | np.integer) -> str:
    row = int(np.argmax(y == label))
    return _spelled(unnamed(target[row : row + 1]))


def _spelled(value: pl.Series) -> str:
    whole_number = value.dtype == pl.Float64 and is_whole(value).all()
    return shorten(format_values(value.cast(pl.Int64) if whole_number else value)[0], 40)


def _listed(names: Sequence[str], limit: int) -> str:
    return ", ".join(names[:limit]) + (", …" if len(names) > limit else "")


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _share(part: int, of: int) -> str:
    return f"{part / of:.1%}"
