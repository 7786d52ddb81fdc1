"""Model file: what a version needs for its predictions beside its record, serialized by joblib."""

import io
from dataclasses import dataclass

import joblib
import numpy as np
from sklearn.base import BaseEstimator

from mlapp.ml.data.text_embedding import Embedding
from mlapp.ml.decisions.held_out_rows import HeldOutRows
from mlapp.ml.inference.novelty import Novelty
from mlapp.ml.pipelines.rejected_cells import RejectedCells


@dataclass(frozen=True)
class ModelFile:
    """The fitted parts of a version."""

    estimator: BaseEstimator
    """Predicts values, or probabilities."""
    novelty: Novelty
    """Tells which rows are unlike the training table."""
    background: np.ndarray
    """Made-up encoded rows that predictions are explained against, (rows, columns)."""
    scale: BaseEstimator | None = None
    """Predicts the factor of the scale of a row's interval; None unless it is learned."""
    texts: tuple[Embedding, ...] = ()
    """Embeds the texts of each text feature, in the order of the features."""
    held_out: HeldOutRows | None = None
    """Out-of-fold probabilities of three classes or more."""
    rejected: RejectedCells | None = None
    """What a pipeline that was fitted elsewhere cannot predict."""

    def to_bytes(self) -> bytes:
        """Serialize the parts, compressed."""
        file = io.BytesIO()
        joblib.dump(self, file, compress=3)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, file: bytes) -> "ModelFile":
        """Load the parts; `file` must have been verified by its hash, as unpickling runs code.

        Raises:
            Exception: any error of the code that unpickling runs.
        """
        return joblib.load(io.BytesIO(file))  # type: ignore[no-any-return]
