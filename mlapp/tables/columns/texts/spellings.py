"""Spellings: texts that differ only by case, spaces or Unicode form."""

import unicodedata
from collections import Counter

import polars as pl

from mlapp.tables.columns.conversion import unnamed


def spelling_key(text: str) -> str:
    """Return what all spellings of a text have in common."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def spelling_variants(values: pl.Series) -> list[list[str]]:
    """Return the groups of distinct texts that are spellings of one another, in each the most frequent first."""
    return [list(group) for group in _groups(values) if len(group) > 1]


def merge_spellings(values: pl.Series) -> tuple[pl.Series, dict[str, str] | None]:
    """Replace each text by its most frequent spelling, without spaces around it.

    Returns:
        The merged column, and the spelling that each of its texts stands for; None if there is nothing to merge.
    """
    groups = _groups(values)
    if all(len(group) == 1 for group in groups):
        return values, None
    spellings = {text: spelling for group in groups for spelling in [_most_frequent(group)] for text in group}
    return _replaced(values, spellings), spellings


def apply_spellings(values: pl.Series, spellings: dict[str, str]) -> pl.Series:
    """Replace each text by the spelling that it stands for, also spellings that training did not have."""
    keys = {spelling_key(text): spelling for text, spelling in spellings.items()}
    found = unnamed(values).drop_nulls().unique()
    return _replaced(values, {text: keys.get(spelling_key(text), text) for text in found})


def _groups(values: pl.Series) -> list[dict[str, int]]:
    """Return the texts that are spellings of one another and their counts, the most frequent first."""
    counts = unnamed(values).drop_nulls().value_counts(name="count").sort("count", "", descending=[True, False])
    groups: dict[str, dict[str, int]] = {}
    for text, count in counts.iter_rows():
        groups.setdefault(spelling_key(text), {})[text] = count
    return list(groups.values())


def _most_frequent(group: dict[str, int]) -> str:
    counts: Counter[str] = Counter()
    for text, count in group.items():
        counts[text.strip()] += count
    return counts.most_common(1)[0][0]


def _replaced(values: pl.Series, spellings: dict[str, str]) -> pl.Series:
    texts = pl.Series(list(spellings), dtype=pl.String)
    return values.replace_strict(texts, pl.Series(list(spellings.values()), dtype=pl.String), default=None)
