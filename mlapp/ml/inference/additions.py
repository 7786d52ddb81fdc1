"""Additions: what a response says about rows beside their predictions."""

from typing import TYPE_CHECKING

import numpy as np

from mlapp.errors import Unacceptable, pointer
from mlapp.ml.decisions.class_sets import sets_of
from mlapp.ml.inference.answers import NO_ADDITIONS, Additions
from mlapp.schemas import PredictOptions, VersionInfo

if TYPE_CHECKING:
    from mlapp.ml.inference.fitted_version import FittedVersion


def additions(
    fitted: "FittedVersion",
    predicted: np.ndarray,
    options: PredictOptions,
    reliable: np.ndarray | None = None,
) -> Additions:
    """Return what the options ask for, and what is known of the rows.

    Args:
        fitted: The version.
        predicted: As `FittedVersion.predict` returns them.
        options: Of the request.
        reliable: Whether each row is like those of training, (rows,); None if all are.
    """
    sets, class_sets = None, fitted.info.class_sets
    if options.sets and class_sets:
        sets = sets_of(class_sets, predicted)
    return NO_ADDITIONS if reliable is None and sets is None else Additions(reliable=reliable, sets=sets)


def check_options(info: VersionInfo, options: PredictOptions) -> None:
    """Check that a version can add what the options ask for.

    Raises:
        Unacceptable: it predicts numbers, of which there are no sets.
    """
    if options.sets and info.class_sets is None:
        detail = f"'sets' are of classes, and {info.model} predicts numbers, with lower and upper bounds; leave it out."
        raise Unacceptable(detail, [{"detail": detail, "pointer": pointer("sets")}])
