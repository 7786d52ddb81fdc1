"""Booleans as people write them: yes and no in several languages."""

import polars as pl

from mlapp.tables.columns.conversion import unnamed

WORDS = (
    ({"true", "t", "yes", "y"}, {"false", "f", "no", "n"}),
    ({"on"}, {"off"}),
    ({"ja", "j", "wahr"}, {"nein", "n", "falsch"}),
    ({"ja"}, {"nee", "nej", "nei"}),
    ({"oui", "o", "vrai"}, {"non", "n", "faux"}),
    ({"si", "sí", "sì", "verdadero"}, {"no", "falso"}),
    ({"sim", "verdadeiro"}, {"não", "nao", "falso"}),
    ({"tak"}, {"nie"}),
    ({"да"}, {"нет"}),
)
"""Words for true and for false, by language."""
KNOWN = {word: is_true for pair in WORDS for words, is_true in zip(pair, (True, False), strict=True) for word in words}
PLAIN = (({"true"}, {"false"}),)
"""What is boolean in every column."""
BITS = {"0": False, "1": True}
"""What is boolean if the options say so."""


def may_be_booleans(text: pl.Series, *, words: bool = True) -> bool:
    """Return whether all values of a sample of stripped texts are words for true or false of one language."""
    found = _lower(text)
    return any(found <= true | false for true, false in (WORDS if words else PLAIN))


def boolean_words(text: pl.Series, *, words: bool = True) -> dict[str, bool] | None:
    """Return the words of a column of stripped texts and their values; None if it is not a column of booleans.

    Words other than `true` and `false` need both values: a column of `no` alone may be anything.
    """
    found = _lower(text)
    for true, false in WORDS if words else PLAIN:
        if found <= true | false and ((found & true and found & false) or (found and found <= {"true", "false"})):
            return {word: word in true for word in sorted(found)}
    return None


def _lower(text: pl.Series) -> set[str]:
    return set(text.drop_nulls().unique().str.to_lowercase().to_list())


def read_booleans(text: pl.Series, words: dict[str, bool]) -> pl.Series:
    """Return the values of stripped texts, in the words of any language or in `words`; null for other texts."""
    words = KNOWN | words
    lower = unnamed(text).str.to_lowercase()
    return lower.replace_strict(list(words), list(words.values()), default=None, return_dtype=pl.Boolean)
