"""Names of estimators for people; in the API they are the keys of `ESTIMATORS`."""

NAMES = {
    "auto": "Automatic: the best of all",
    "ensemble": "Ensemble",
    "linear": "Linear model",
    "hist_gradient_boosting": "Gradient boosting",
    "shallow_boosting": "Gradient boosting of small trees",
    "splines": "Splines",
    "kernel": "Kernel model",
    "residual_boosting": "Splines and gradient boosting",
    "poisson_boosting": "Gradient boosting for counts",
    "log_boosting": "Gradient boosting on a logarithmic scale",
    "log_kernel": "Kernel model on a logarithmic scale",
    "random_forest": "Random forest",
    "lightgbm": "LightGBM",
}
"""Those that are not listed are named by their own words: `my_forest` is `My forest`."""


def estimator_name(estimator: str) -> str:
    """Return the name of an estimator for people."""
    words = estimator.replace("_", " ").strip()
    return NAMES.get(estimator, words[:1].upper() + words[1:])
