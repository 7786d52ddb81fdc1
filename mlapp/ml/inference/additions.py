"""Additions: what a response says about rows beside their predictions."""

from typing import TYPE_CHECKING

import numpy as np

from mlapp.ml.inference.answers import NO_ADDITIONS, Additions
from mlapp.schemas import PredictOptions

if TYPE_CHECKING:
    from mlapp.ml.inference.fitted_version import FittedVersion


def additions(
    fitted: "FittedVersion",  # noqa: ARG001 - for sets and explanations
    x: np.ndarray,  # noqa: ARG001
    predicted: np.ndarray,  # noqa: ARG001
    options: PredictOptions,  # noqa: ARG001
    reliable: np.ndarray | None = None,
) -> Additions:
    """Return what the options ask for, and what is known of the rows.

    Args:
        fitted: The version.
        x: Encoded rows, (rows, columns), with `UNKNOWN` for categories outside the training data; the components of
            texts are there if explanations are asked for.
        predicted: As `FittedVersion.predict` returns them.
        options: Of the request.
        reliable: Whether each row is like those of training, (rows,); None if all are.
    """
    return NO_ADDITIONS if reliable is None else Additions(reliable=reliable)
