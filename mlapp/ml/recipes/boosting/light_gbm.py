"""Gradient boosting by LightGBM, which finds its number of iterations on some of the rows, and reports progress."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from lightgbm import LGBMClassifier, LGBMModel, LGBMRegressor, early_stopping
from lightgbm.callback import CallbackEnv
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from mlapp.ml.recipes.boosting.early_stopping import MORE_ITERATIONS, validation_rows

STEPS = 1_000
"""Progress is printed in as many steps."""


class _LightGbm(BaseEstimator):  # type: ignore[misc]
    """Boosting of LightGBM's trees.

    It has as many threads as OpenMP allows, and the same trees with any number of them.

    Args:
        objective: What is minimized, as LightGBM names it; None: by the kind of target.
        n_estimators: Iterations, at most.
        learning_rate: Weight of each tree.
        num_leaves: Leaves of a tree, at most.
        min_child_samples: Rows of a leaf, at least, and of a category that is told from others.
        reg_lambda: L2 regularization of the leaves.
        colsample_bynode: Share of the columns that a split is chosen from.
        categories: Indices of the columns of codes.
        patience: Iterations without progress on some rows, after which a first fit stops; the second one, on all rows,
            has as many as were best. None: a single fit.
        random_state: Seed.
        verbose: Whether progress is printed.

    Attributes:
        fitted_: The fitted estimator of LightGBM.

    Source: LightGBM, Parameters: `deterministic`, `force_col_wise`, `num_threads` (0: OpenMP's default).
    """

    kind: ClassVar[type[LGBMModel]]

    def __init__(  # noqa: PLR0913 - hyperparameters
        self,
        *,
        objective: str | None = None,
        n_estimators: int = 100,
        learning_rate: float = 0.1,
        num_leaves: int = 31,
        min_child_samples: int = 20,
        reg_lambda: float = 0.0,
        colsample_bynode: float = 1.0,
        categories: Sequence[int] = (),
        patience: int | None = None,
        random_state: int = 0,
        verbose: int = 0,
    ) -> None:
        self.objective = objective
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.reg_lambda = reg_lambda
        self.colsample_bynode = colsample_bynode
        self.categories = categories
        self.patience = patience
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> Self:
        """Fit on all rows, after a fit on some of them that finds the number of iterations."""
        iterations, done = self.n_estimators, 0.0
        if self.patience is not None and (shown := self._validation_rows(y)).any():
            done = 0.5
            train, validation = ~shown, (X[shown], y[shown])
            weights = [None, None] if sample_weight is None else [sample_weight[train], sample_weight[shown]]
            first = self._fit(
                *(
                    X[train],
                    y[train],
                    iterations,
                    self._printed(0.0, done),
                    early_stopping(self.patience, verbose=False),
                ),
                sample_weight=weights[0],
                eval_X=(validation[0],),
                eval_y=(validation[1],),
                eval_sample_weight=None if weights[1] is None else [weights[1]],
            )
            iterations = min(iterations, round(first.best_iteration_ * MORE_ITERATIONS))
        self.fitted_ = self._fit(X, y, iterations, self._printed(done, 1.0), sample_weight=sample_weight)
        return self

    def _validation_rows(self, y: np.ndarray) -> np.ndarray:
        return validation_rows(y, self.random_state, each_class=False)

    def _fit(self, X: np.ndarray, y: np.ndarray, iterations: int, *callbacks: Callable[..., None], **more: Any) -> Any:
        own = ("objective", "learning_rate", "num_leaves", "min_child_samples", "reg_lambda", "colsample_bynode")
        model = self.kind(
            **{name: getattr(self, name) for name in own},
            n_estimators=max(1, iterations),
            random_state=self.random_state,
            n_jobs=0,
            min_data_per_group=self.min_child_samples,
            deterministic=True,
            force_col_wise=True,
            verbosity=-1,
        )
        return model.fit(X, y, categorical_feature=list(self.categories), callbacks=list(callbacks), **more)

    def _printed(self, start: float, end: float) -> Callable[[CallbackEnv], None]:
        """Return a callback that prints progress, as a fit has done `start` to `end` of all iterations."""

        def write(iteration: CallbackEnv) -> None:
            if self.verbose:
                share = (iteration.iteration + 1) / iteration.end_iteration
                sys.stdout.write(f"[{round((start + share * (end - start)) * STEPS)}/{STEPS}]\n")

        return write


class LightGbmRegressor(RegressorMixin, _LightGbm):  # type: ignore[misc]
    """Boosting of numbers."""

    kind = LGBMRegressor

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return values, (rows,)."""
        return np.asarray(self.fitted_.predict(X))


class LightGbmClassifier(ClassifierMixin, _LightGbm):  # type: ignore[misc]
    """Boosting of classes."""

    kind = LGBMClassifier

    @property
    def classes_(self) -> np.ndarray:
        """Class labels, in the order of the probabilities."""
        return np.asarray(self.fitted_.classes_)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities, (rows, classes)."""
        if len(self.classes_) == 1:
            # LightGBM returns two columns.
            return np.ones((len(X), 1))
        return np.asarray(self.fitted_.predict_proba(X))

    def _validation_rows(self, y: np.ndarray) -> np.ndarray:
        return validation_rows(y, self.random_state, each_class=True)
