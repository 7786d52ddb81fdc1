"""What speaks against a table before a model is made of it: leaks, ids, copies, columns and classes of little use."""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from mlapp.errors import shorten
from mlapp.ml.data.leakage import leaks
from mlapp.schemas import ColumnType, Feature, Task
from mlapp.tables.columns.types import nameless, spell, whole

SHOWN = 3
"""Columns or classes of a kind that are spoken of one by one; the others share a sentence."""
NAMED = 10
"""Of those, so many are named."""

ID_NAME = re.compile(r"(?i:(?:^|[^a-z])(?:id|nr|no|key|index|idx|row|rowid|number)$)|[a-z](?:Id|ID|Nr|No)$")
ID_SPAN = 1.1
"""Whole numbers that span at most so many times their count are numbered through."""
ID_MIN_ROWS = 20
"""Below, whole numbers differ in every row by chance."""
GAPS_SHARE = 0.5
CONSTANT_SHARE, CONSTANT_MIN_ROWS, CONSTANT_SAMPLE = 0.99, 100, 1_000
COPIES_SHARE = 0.01
COPIES_ROOM = 100
"""Copies come by chance where the columns allow for fewer than so many times the rows."""
IMBALANCE = 19
"""Rows of the most frequent class to those of the rarest; of two classes, the rarer then has 5 %."""


def doubts(  # noqa: PLR0913, PLR0917 - all that a training knows before it fits
    frame: pl.DataFrame,
    features: Sequence[Feature],
    target: pl.Series,
    task: Task,
    y: np.ndarray,
    folds: int,
    seed: int,
) -> list[str]:
    """Say what should be looked at before a model of this table is trusted.

    `frame` holds the features' columns converted, as in `Signature`; `y` values, or places of classes;
    `folds` is the number of parts that the evaluation makes. A column is doubted for one reason only, and
    an empty one or one of a single value not at all, for `infer` speaks of those.
    """
    found = [
        {name: _leaking(name, target.name) for name in leaks(frame, features, y, task, seed)},
        _identifiers(frame, features),
        _gaps(frame, features),
        _near_constant(frame, features),
    ]
    told: set[str] = set()
    sentences = []
    for kind in found:
        sentences += _tell({name: sentence for name, sentence in kind.items() if name not in told})
        told |= kind.keys()
    of_rows = [_copies(frame, features, target)]
    if task is Task.CLASSIFICATION:
        of_rows += [_few_rows(target, y, folds), _imbalance(target, y)]
    return sentences + [sentence for sentence in of_rows if sentence]


def _tell(found: Mapping[str, str]) -> list[str]:
    """Return the sentences about the first columns, and one for the others."""
    sentences, others = list(found.values()), list(found)[SHOWN:]
    if not others:
        return sentences
    names = _listed([f"'{shorten(name, 40)}'" for name in others], NAMED)
    return [*sentences[:SHOWN], f"The same holds for {_count(len(others), 'more column')}: {names}."]


def _leaking(name: str, target: str) -> str:
    return (
        f"Column '{shorten(name)}' alone predicts '{shorten(target)}' almost perfectly; if it is the answer in other "
        "words, or is only known once the answer is, train again without it."
    )


def _identifiers(frame: pl.DataFrame, features: Sequence[Feature]) -> dict[str, str]:
    return {
        feature.name: f"Column '{shorten(feature.name)}' has another whole number in every row, like a row number or "
        "an id, which says nothing about new rows; train again without it, unless the number means something."
        for feature in features
        if feature.type is ColumnType.INTEGER and _identifies(feature.name, nameless(frame[feature.name]))
    }


def _identifies(name: str, values: pl.Series) -> bool:
    if len(values) < ID_MIN_ROWS or values.has_nulls():
        return False
    span = values.max() - values.min() + 1  # type: ignore[operator]
    ordered = values.is_sorted() or values.is_sorted(descending=True)
    suspect = ordered or span <= ID_SPAN * len(values) or ID_NAME.search(name)
    # Counting different values is slow, and rarely needed.
    return bool(suspect and span >= len(values) and values.n_unique() == len(values))


def _gaps(frame: pl.DataFrame, features: Sequence[Feature]) -> dict[str, str]:
    counts = {feature.name: frame[feature.name].null_count() for feature in features}
    return {
        name: f"Column '{shorten(name)}' is empty in {_share(count, frame.height)} of the rows; fill it in, or train "
        "again without it, unless a gap itself says something."
        for name, count in counts.items()
        if GAPS_SHARE * frame.height <= count < frame.height
    }


def _near_constant(frame: pl.DataFrame, features: Sequence[Feature]) -> dict[str, str]:
    if frame.height < CONSTANT_MIN_ROWS:
        return {}
    found = {}
    for feature in features:
        values = nameless(frame[feature.name])
        # A value that fills the column fills a part of it.
        part = values.gather_every(max(1, len(values) // CONSTANT_SAMPLE)).drop_nulls()
        usual = part.value_counts(sort=True)[""][:1]
        count = int((values == usual[0]).sum()) if len(usual) else 0
        if CONSTANT_SHARE * len(values) <= count < len(values) - values.null_count():
            found[feature.name] = (
                f"Column '{shorten(feature.name)}' is '{_spelled(usual)}' in {_share(count, len(values))} of the rows, "
                "so that there is little to learn from it; train again without it, unless the rare values matter."
            )
    return found


def _copies(frame: pl.DataFrame, features: Sequence[Feature], target: pl.Series) -> str | None:
    if sum(map(_log_values, features)) < math.log(COPIES_ROOM * frame.height):
        return None
    copies = frame.height - frame.hstack([target]).hash_rows().n_unique()
    if copies < COPIES_SHARE * frame.height:
        return None
    return (
        f"{_count(copies, 'row')} of {frame.height:,} ({_share(copies, frame.height)}) are exact copies of others, "
        "the target included; remove them if they are the same thing twice: where one copy is learnt from and another "
        "judged by, the scores look better than they are."
    )


def _log_values(feature: Feature) -> float:
    """Return the logarithm of how many different values a feature can have."""
    gap = 0 if feature.required else 1
    if feature.type is ColumnType.CATEGORY:
        return math.log(max(1, len(feature.categories or []) + gap))
    if feature.type is ColumnType.BOOLEAN:
        return math.log(2 + gap)
    if feature.type is ColumnType.INTEGER:
        return math.log(feature.max - feature.min + 1 + gap)  # type: ignore[operator]
    return math.inf


def _few_rows(target: pl.Series, y: np.ndarray, folds: int) -> str | None:
    counts = np.bincount(y)
    rare = np.flatnonzero(counts < folds)
    if not len(rare):
        return None
    classes = [f"'{_class(target, y, label)}' ({_count(counts[label], 'row')})" for label in rare[: SHOWN + 1]]
    return (
        f"'{shorten(target.name)}' has {_count(len(rare), 'class', 'classes')} with fewer rows than the {folds} parts "
        f"of the evaluation, too few to learn or to judge: {_listed(classes, SHOWN)}; send more rows of them, or merge "
        "them into others."
    )


def _imbalance(target: pl.Series, y: np.ndarray) -> str | None:
    counts = np.bincount(y)
    if counts.max() < IMBALANCE * counts.min():
        return None
    usual, share = _class(target, y, counts.argmax()), _share(counts.max(), len(y))
    return (
        f"The classes of '{shorten(target.name)}' are out of balance: '{usual}' has {share} of the rows and "
        f"'{_class(target, y, counts.argmin())}' {_share(counts.min(), len(y))}. Always answering '{usual}' would be "
        f"right {share} of the time, so look at the balanced accuracy instead of the accuracy."
    )


def _class(target: pl.Series, y: np.ndarray, label: int | np.integer) -> str:
    row = int(np.argmax(y == label))
    return _spelled(nameless(target[row : row + 1]))


def _spelled(value: pl.Series) -> str:
    whole_number = value.dtype == pl.Float64 and whole(value).all()
    return shorten(spell(value.cast(pl.Int64) if whole_number else value)[0], 40)


def _listed(names: Sequence[str], limit: int) -> str:
    return ", ".join(names[:limit]) + (", …" if len(names) > limit else "")


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _share(part: int, of: int) -> str:
    return f"{part / of:.1%}"
