"""What pages, cards and docs say about a model, in sentences."""

import math
from datetime import datetime

from mlapp.schemas import Job, Model, ModelSummary, Task

METRICS = {
    "r2": ("R²", "share of the target's variation that it explains"),
    "mae": ("Mean error", "how far off it is on average, in units of the target"),
    "rmse": ("RMSE", "the same, with large errors counting more"),
    "accuracy": ("Accuracy", "share of rows it answers rightly"),
    "balanced_accuracy": ("Balanced accuracy", "the same, with every class counting alike"),
    "log_loss": ("Log loss", "how surprised its probabilities are by the truth; lower is better"),
    "roc_auc": ("ROC AUC", "how well it ranks; 0.5 is guessing, 1 is perfect"),
}
"""Label and meaning of every metric."""
MAIN_METRIC = {Task.REGRESSION: "r2", Task.CLASSIFICATION: "accuracy"}
"""What models of a task are ranked by at a glance; higher is better."""
LOWER_IS_BETTER = frozenset({"mae", "rmse", "log_loss"})


def headline(model: Model) -> str:
    """Say what a model predicts from what."""
    count = len(model.features)
    return f"predicts {model.target} from {count} feature{'' if count == 1 else 's'}"


def quality(model: Model) -> str:
    """Say how well a model does beside one that ignores the features, for people who know no metric."""
    if model.task is Task.REGRESSION:
        off, blind = model.metrics["mae"], model.baseline["mae"]
        return (
            f"On rows it had not seen, it is off by {figure(off)} on average. "
            f"Always guessing the mean would be off by {figure(blind)}."
        )
    right, blind = model.metrics["accuracy"], model.baseline["accuracy"]
    return (
        f"On rows it had not seen, it is right {percent(right)} of the time. "
        f"Always answering the most frequent class would be right {percent(blind)} of the time."
    )


def training_rows(model: Model) -> str:
    """Say how many rows of which table a model was trained on."""
    rows, source = f"{model.rows:,} rows", model.source
    if source is None:
        return rows
    kind = "simulated" if source.simulated else "bundled"
    return f"{rows} of the {kind} table {source.dataset}" if source.dataset else f"{rows} of the file {source.file}"


def main_score(model: Model | ModelSummary) -> str:
    """Return the score that models are ranked by at a glance, with its name."""
    name = MAIN_METRIC[model.task]
    return f"{METRICS[name][0]} {figure(model.metrics[name])}" if name in model.metrics else "–"


def about_job(job: Job) -> str:
    """Say what a job trains on, and what it is to predict."""
    return f"{job.target} from {job.table}" if job.target else job.table


def state(job: Job) -> str:
    """Say how a job stands: its place in the queue, how far it is and how long it will take, or what came of it."""
    if job.queue_position:
        return f"{job.stage} · number {job.queue_position} in the queue"
    if not job.finished_at:
        left = "" if job.remaining_s is None else f" · about {duration(math.ceil(job.remaining_s))} left"
        return f"{job.stage} · {job.progress:.0%}{left}"
    if job.version and job.started_at:
        return f"Made model {job.version} in {duration((job.finished_at - job.started_at).total_seconds())}"
    return job.error or str(job.status)


def duration(seconds: float) -> str:
    """Return a time that something takes, in the unit that fits."""
    if seconds < 10:
        return f"{figure(round(seconds, 1))} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


def running_time(seconds: float) -> str:
    """Return for how long something has been going on, in two units."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def expected(seconds: float) -> str:
    """Say how long something will take, as exactly as a guess is."""
    if seconds < 8:
        return "takes a few seconds"
    if seconds < 95:
        return f"takes about {math.ceil(seconds / 10) * 10} s"
    return f"takes about {duration(seconds)}"


def moment(at: datetime | None) -> str:
    """Return a time to the second; a dash for one that has not come."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "–"


def figure(number: float) -> str:
    """Return a number with four significant digits, and no exponent where one can do without."""
    if number == 0 or not 1e-4 <= abs(number) < 1e9:
        return f"{number:.4g}"
    decimals = max(0, 3 - math.floor(math.log10(abs(number))))
    text = f"{number:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def spelled(value: object) -> str:
    """Return a value as people read it: a dash for none, four significant digits, `true` as programs write it."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return figure(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def percent(share: float) -> str:
    """Return a share as a percentage."""
    return f"{share:.1%}"
