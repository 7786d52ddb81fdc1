"""Background of estimators that read texts: made-up rows with texts of words that the training texts have."""

import numpy as np
import polars as pl

from mlapp.ml.data.signature import Signature
from mlapp.ml.data.text_embedding import TOKEN
from mlapp.ml.inference.explanation.background import make_background
from mlapp.schemas import ColumnType

SAMPLE_TEXTS = 2_000
MAX_WORDS = 200
"""Words of a made-up text."""


def make_raw_background(x: np.ndarray, signature: Signature, seed: int) -> np.ndarray:
    """Return `make_background` of encoded rows, (rows, features), with the texts of texts and categories after them.

    Texts are words at random, of all texts, so that none is one of the training table.
    """
    found, columns = make_background(x, seed), []
    random = np.random.default_rng(seed)
    for index, feature in enumerate(signature.features):
        if feature.type is ColumnType.CATEGORY:
            categories = feature.categories or []
            columns.append([None if np.isnan(code) else categories[int(code)] for code in found[:, index]])
        elif feature.type is ColumnType.TEXT:
            present = ~np.isnan(found[:, index])
            texts = _made_up(signature.frame[feature.name], len(found), random)
            columns.append([text if is_present else None for text, is_present in zip(texts, present, strict=True)])
            found[:, index] = np.where(present, list(map(len, texts)), np.nan)
    if not columns:
        return found
    return np.hstack([found.astype(object), np.array(columns, dtype=object).T])


def _made_up(texts: pl.Series, count: int, random: np.random.Generator) -> list[str]:
    present = texts.drop_nulls()
    rows = np.sort(random.permutation(len(present))[:SAMPLE_TEXTS])
    words = [TOKEN.findall(text) for text in present.gather(rows)]
    sizes = np.sort([min(len(found), MAX_WORDS) for found in words])
    every = np.array([word for found in words for word in found], dtype=object)
    positions = random.permutation(((np.arange(count) + 0.5) / count * len(sizes)).astype(int))
    return [" ".join(random.choice(every, size)) if size else "" for size in sizes[positions]]
