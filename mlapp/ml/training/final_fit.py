"""The final fit: what is kept, fitted on all rows."""

from typing import Any

from sklearn.base import BaseEstimator

from mlapp.ml.data.training_set import TrainingSet
from mlapp.ml.evaluation.calibration import CalibratedClassifier
from mlapp.ml.evaluation.out_of_fold import fit
from mlapp.ml.recipes.balanced import BalancedClassifier
from mlapp.ml.recipes.ensemble import Ensemble
from mlapp.ml.training.overall_progress import OverallProgress
from mlapp.ml.training.selection.evaluated import Evaluated
from mlapp.ml.training.selection.model_selection import estimator_errors


def fit_on_all_rows(training_set: TrainingSet, best: Evaluated, progress: OverallProgress) -> BaseEstimator:
    """Return the estimator, fitted on all rows, with temperature scaling.

    If rows are held out for good, it is the estimator that was evaluated on them.

    Raises:
        Unacceptable: the estimator cannot be fitted on the table.
        TrainingFailed: the estimator failed for another reason.
    """
    samples, count = training_set.samples, len(best.members)
    if samples.is_holdout:
        return best.fitted
    fitted = []
    for number, member in enumerate(best.members, 1):
        stage = f"Fitting {member.name} on all rows" + (f" ({number} of {count})" if count > 1 else "")
        on_progress = progress.start_stage(stage, member.recipe.cost * len(samples.y))
        with estimator_errors(member.name):
            estimator = training_set.estimator_factory(member.recipe)()
            fitted.append(fit(estimator, samples.X, samples.y, on_progress, samples.weights))
    return best.combined(fitted)


def parameters(fitted: BaseEstimator) -> dict[str, Any]:
    """Return the parameters of an estimator that are plain values, without `n_jobs`, which is 1 in all versions.

    Of a pipeline they are those of the last step, and of an ensemble those of its members, with their names in front.
    What the fit selected is added: the regularization strength `alpha`, weights of members, and the temperature of the
    probabilities.
    """
    if isinstance(fitted, CalibratedClassifier):
        return parameters(fitted.estimator) | {"temperature": fitted.temperature}
    if isinstance(fitted, BalancedClassifier):
        return parameters(fitted.weighted)
    if isinstance(fitted, Ensemble):
        found: dict[str, Any] = {}
        for (name, member), weight in zip(fitted.members, fitted.weights, strict=True):
            own = {"weight": weight} | parameters(member)
            found |= {f"{name}__{parameter}": value for parameter, value in own.items()}
        return found
    last = fitted[-1] if hasattr(fitted, "steps") else fitted
    plain = (bool, int, float, str, type(None))
    # Estimators that were fitted elsewhere may have none.
    given = last.get_params(deep=False) if hasattr(last, "get_params") else {}
    found = {name: value for name, value in given.items() if isinstance(value, plain)}
    found.pop("n_jobs", None)
    return found | ({"alpha": float(last.alpha_)} if hasattr(last, "alpha_") else {})
