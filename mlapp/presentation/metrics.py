"""Metric catalog: label, meaning and direction, and the metric by which versions are ranked."""

from mlapp.schemas import Task

METRICS = {
    "r2": ("R²", "explained share of the target's variance"),
    "mae": ("Mean error", "mean absolute error, in units of the target"),
    "rmse": ("RMSE", "root mean squared error: large errors weigh more"),
    "accuracy": ("Accuracy", "share of rows with the correct class"),
    "balanced_accuracy": ("Balanced accuracy", "mean recall of the classes: each class weighs the same"),
    "log_loss": ("Log loss", "error of the predicted probabilities; lower is better"),
    "roc_auc": ("ROC AUC", "ranking quality: 0.5 is chance, 1 is perfect"),
}
"""Label and meaning of every metric."""
MAIN_METRIC = {Task.REGRESSION: "r2", Task.CLASSIFICATION: "accuracy"}
"""The metric by which versions are ranked, per task; higher is better."""
LOWER_IS_BETTER = frozenset({"mae", "rmse", "log_loss"})
