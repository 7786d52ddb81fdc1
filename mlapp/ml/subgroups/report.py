"""What a record says about subgroups of the held-out rows."""

from typing import Any, NamedTuple

import numpy as np

from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.ml.subgroups.claims import unmet_claims
from mlapp.ml.subgroups.conditions import levels_by_feature, levels_of
from mlapp.ml.subgroups.means import Rows
from mlapp.ml.subgroups.protected import protected_groups
from mlapp.ml.subgroups.protected_column import ProtectedColumn
from mlapp.ml.subgroups.slices import find_slices
from mlapp.schemas import Feature, ProtectedGroups, Scalar


class Outcome(NamedTuple):
    """Predictions of the held-out rows, and what came true. Arrays are (rows,)."""

    losses: np.ndarray
    """Absolute error, or whether the class is wrong."""
    kept: np.ndarray
    """Whether the true value lies in its interval, or the class is right."""
    claimed: np.ndarray
    """Nominal coverage, or probability of the predicted class."""
    covered: np.ndarray | None = None
    """Whether the true value lies in its interval; None for classes."""
    positive: tuple[Scalar, np.ndarray, np.ndarray] | None = None
    """The class of interest, whether each row is predicted as it, and whether it is; None unless two classes."""

    @classmethod
    def of_values(
        cls, y: np.ndarray, predicted: np.ndarray, bounds: tuple[np.ndarray, np.ndarray], coverage: float
    ) -> "Outcome":
        """Return the outcome of a regression, with the bounds of its intervals."""
        kept = (bounds[0] <= y) & (y <= bounds[1])
        return cls(np.abs(y - predicted), kept, np.full(len(y), coverage), covered=kept)

    @classmethod
    def of_classes(
        cls, y: np.ndarray, probabilities: np.ndarray, classes: list[Scalar], positive: Scalar | None
    ) -> "Outcome":
        """Return the outcome of a classification from class indices, and probabilities (rows, classes)."""
        chosen = probabilities.argmax(axis=1)
        right, interest = chosen == y, None
        if positive is not None:
            index = classes.index(positive)
            interest = (positive, chosen == index, y == index)
        return cls((~right).astype(float), right, probabilities.max(axis=1), positive=interest)


def subgroup_fields(
    samples: Samples, features: list[Feature], outcome: Outcome, seed: int, protected: ProtectedColumn | None
) -> dict[str, Any]:
    """Return the fields of the record about subgroups."""
    test = samples.test_rows
    rows = Rows(
        np.ones(len(test)) if samples.weights_test is None else samples.weights_test,
        None if samples.groups is None else samples.groups[test],
    )
    levels = levels_by_feature(samples.X[test], features)
    return {
        "slices": find_slices(levels, outcome.losses, _searched(samples, rows, seed), rows),
        "unmet_claims": unmet_claims(levels, outcome.kept, outcome.claimed, rows),
        "protected": _protected(protected, test, outcome, rows),
    }


def _searched(samples: Samples, rows: Rows, seed: int) -> np.ndarray:
    """Return the rows of half of the folds, on which slices are searched, (rows,); of a single fold, half of them."""
    if len(samples.folds) > 1:
        return np.concatenate([np.full(len(test), number % 2 == 0) for number, (_, test) in enumerate(samples.folds)])
    units = np.arange(len(rows.weights)) if rows.groups is None else np.unique(rows.groups, return_inverse=True)[1]
    return np.asarray(np.random.default_rng(seed).permutation(units.max() + 1)[units] % 2 == 0)


def _protected(
    protected: ProtectedColumn | None, test: np.ndarray, outcome: Outcome, rows: Rows
) -> ProtectedGroups | None:
    if protected is None:
        return None
    levels = levels_of(protected.values[test], protected.feature)
    return protected_groups(
        protected.feature.name, levels, outcome.losses, rows, covered=outcome.covered, positive=outcome.positive
    )
