"""Prose: whether a column of text has sentences or descriptions, which are no categories."""

import polars as pl

from mlapp.tables.columns.conversion import spread, unnamed

SAMPLE_ROWS = 2_000
_START = r"(?:^|\s)[\"'(\[¿¡“„«‘#@*-]*"
_SPACELESS = r"[\p{Han}\p{Hiragana}\p{Katakana}]{2}|[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]{4}"
WORD = _START + r"\p{L}[\p{L}\p{M}]|" + _SPACELESS
"""A word of at least two letters, or about as much of a script without spaces between words."""
LOWER_WORD = _START + r"\p{Ll}{2}"
"""A word that does not start with a capital, as most words of sentences and few of names, titles and addresses."""
MIN_WORDS, MIN_LOWER_WORDS = 6.0, 3.0
"""Mean number of words of a text, and of those that do not start with a capital: either makes it prose."""
MIN_DISTINCT_SHARE = 0.3
MANY_DISTINCT = 1_000
"""More distinct texts are no categories, even if each is frequent."""


def is_prose(values: pl.Series) -> bool:
    """Return whether most texts of a column are distinct, and as long as sentences; null values do not count."""
    present = unnamed(values).drop_nulls()
    sample = spread(present, SAMPLE_ROWS)
    if sample.is_empty() or not _are_sentences(sample):
        return False
    distinct = present.n_unique()
    return distinct > MANY_DISTINCT or (distinct > 1 and distinct >= MIN_DISTINCT_SHARE * len(present))


def _are_sentences(sample: pl.Series) -> bool:
    if sample.str.count_matches(WORD).mean() >= MIN_WORDS:  # type: ignore[operator]
        return True
    return bool(sample.str.count_matches(LOWER_WORD).mean() >= MIN_LOWER_WORDS)  # type: ignore[operator]
