"""Sentences about models and jobs, and formats of numbers and times."""

import math
from datetime import datetime

from mlapp.errors import shorten
from mlapp.schemas import ColumnType, Feature, Job, Model, ModelSummary, Task

METRICS = {
    "r2": ("R²", "share of the target's variance that the model explains"),
    "mae": ("Mean error", "mean absolute error, in units of the target"),
    "rmse": ("RMSE", "root mean squared error: large errors weigh more"),
    "accuracy": ("Accuracy", "share of rows with the correct class"),
    "balanced_accuracy": ("Balanced accuracy", "mean recall of the classes: each class weighs the same"),
    "log_loss": ("Log loss", "error of the predicted probabilities; lower is better"),
    "roc_auc": ("ROC AUC", "ranking quality: 0.5 is chance, 1 is perfect"),
}
"""Label and meaning of every metric."""
MAIN_METRIC = {Task.REGRESSION: "r2", Task.CLASSIFICATION: "accuracy"}
"""The metric by which models of a task are ranked; higher is better."""
LOWER_IS_BETTER = frozenset({"mae", "rmse", "log_loss"})
MAX_CATEGORIES = 10
"""Categories or classes in a sentence."""


def headline(model: Model) -> str:
    """Return what a model predicts, and from how many features."""
    count = len(model.features)
    return f"predicts {model.target} from {count} feature{'' if count == 1 else 's'}"


def quality_summary(model: Model) -> str:
    """Return the main score of a model and of its baseline in plain words."""
    if model.task is Task.REGRESSION:
        error, baseline = model.metrics["mae"], model.baseline["mae"]
        return (
            f"On held-out rows, its mean error is {format_number(error)}. "
            f"Always predicting the mean gives {format_number(baseline)}."
        )
    accuracy, baseline = model.metrics["accuracy"], model.baseline["accuracy"]
    return (
        f"On held-out rows, {format_percent(accuracy)} of its predictions are correct. "
        f"Always predicting the most frequent class gives {format_percent(baseline)}."
    )


def training_rows(model: Model) -> str:
    """Return the number of training rows and the name of the table."""
    rows, source = f"{model.rows:,} rows", model.source
    if source is None:
        return rows
    kind = "simulated" if source.simulated else "bundled"
    return f"{rows} of the {kind} table {source.dataset}" if source.dataset else f"{rows} of the file {source.file}"


def training_values(feature: Feature) -> str:
    """Return the range of a feature in the training table, or its most frequent categories."""
    if feature.categories:
        count = len(feature.categories)
        more = f", … ({count:,} in total)" if count > MAX_CATEGORIES else ""
        return ", ".join(shorten(category, 40) for category in feature.categories[:MAX_CATEGORIES]) + more
    if feature.min is not None:
        return f"{format_value(feature.min)} to {format_value(feature.max)}"
    return "true or false" if feature.type is ColumnType.BOOLEAN else "none"


def main_score(model: Model | ModelSummary) -> str:
    """Return the main metric of a model with its label."""
    name = MAIN_METRIC[model.task]
    return f"{METRICS[name][0]} {format_number(model.metrics[name])}" if name in model.metrics else "–"


def job_title(job: Job) -> str:
    """Return the table of a job, and its target if known."""
    return f"{job.target} from {job.table}" if job.target else job.table


def job_status_line(job: Job) -> str:
    """Return the queue position, the progress and remaining time, or the result of a job."""
    if job.queue_position:
        return f"{job.stage} · number {job.queue_position} in the queue"
    if not job.finished_at:
        left = "" if job.remaining_s is None else f" · about {format_duration(math.ceil(job.remaining_s))} left"
        return f"{job.stage} · {job.progress:.0%}{left}"
    if job.version and job.started_at:
        return f"Trained model {job.version} in {format_duration((job.finished_at - job.started_at).total_seconds())}"
    return job.error or str(job.status)


def format_duration(seconds: float) -> str:
    """Return a duration in seconds, minutes or hours."""
    if seconds < 10:
        return f"{format_number(round(seconds, 1))} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


def format_uptime(seconds: float) -> str:
    """Return a duration in two units, such as `1 d 3 h`."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def expected_duration(seconds: float) -> str:
    """Return an estimated duration, rounded up to 10 seconds or to minutes."""
    if seconds < 8:
        return "takes a few seconds"
    if seconds < 95:
        return f"takes about {math.ceil(seconds / 10) * 10} s"
    return f"takes about {format_duration(seconds)}"


def format_time(at: datetime | None) -> str:
    """Return a time in UTC, to the second; a dash if there is none."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "–"


def format_number(number: float) -> str:
    """Return a number with four significant digits; with an exponent only below 0.0001 or from 1e9."""
    if number == 0 or not 1e-4 <= abs(number) < 1e9:
        return f"{number:.4g}"
    decimals = max(0, 3 - math.floor(math.log10(abs(number))))
    text = f"{number:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_value(value: object) -> str:
    """Return a value as text: a dash for None, four significant digits for floats, `true` or `false` for booleans."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return format_number(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def format_percent(share: float) -> str:
    """Return a share as a percentage."""
    return f"{share:.1%}"
