"""Sentences about models, their versions and jobs."""

import math
import re

from mlapp.errors import shorten
from mlapp.presentation.estimators import estimator_name
from mlapp.presentation.formats import PERCENT, format_count, format_duration, format_percent, format_value
from mlapp.presentation.metrics import MAIN_METRIC, METRICS, format_metric
from mlapp.schemas import ColumnType, DataSource, Feature, Job, Task, VersionInfo, VersionSummary

FITTING = re.compile(r"^(Evaluating|Fitting) ([\w-]+)(: fold .+)?$")
"""The stage of a job that fits an estimator."""
MAX_CATEGORIES = 10
"""Categories or classes in a sentence."""


def version_name(model: str, version: int) -> str:
    """Return the name of a version, such as `churn, version 3`."""
    return f"{model}, version {version}"


def headline(info: VersionInfo) -> str:
    """Return what a version predicts, and from how many features."""
    return f"predicts {info.target} from {format_count(len(info.features), 'column')}"


def quality_summary(info: VersionInfo) -> str:
    """Return the main score of a version and of its baseline in plain words."""
    is_seen = info.registered is not None and info.registered.seen
    rows = "rows that it may have been fitted on" if is_seen else "rows kept out of training"
    if info.task is Task.REGRESSION:
        unit = target_unit(info)
        error, by_mean = (format_metric("mae", scores["mae"], unit) for scores in (info.metrics, info.baseline))
        alternative = f"always predicting the average is off by {by_mean}"
        return f"On {rows}, it is off by {error} on average; {alternative}."
    accuracy, baseline = info.metrics["accuracy"], info.baseline["accuracy"]
    return (
        f"On {rows}, {format_percent(accuracy)} of its predictions are correct; "
        f"always predicting the most frequent value is correct in {format_percent(baseline)}."
    )


def trained_on(info: VersionInfo) -> str:
    """Return where a version comes from: `trained on 150 rows of the bundled table iris`."""
    how = "fitted elsewhere and registered with" if info.registered else "trained on"
    return f"{how} {training_rows(info)}"


def training_rows(info: VersionInfo) -> str:
    """Return the number of training rows and the name of the table."""
    rows, source = format_count(info.rows, "row"), info.source
    if source is None:
        return rows
    kind = "simulated" if source.simulated else "bundled"
    return f"{rows} of the {kind} table {source.dataset}" if source.dataset else f"{rows} of the file {source.file}"


def source_name(source: DataSource | None) -> str:
    """Return the name of a bundled table or of a file; a dash if the table was sent without a name."""
    return (source and (source.dataset or source.file)) or "–"


def training_values(feature: Feature) -> str:
    """Return the range of a feature in the training table, or its most frequent categories."""
    if feature.categories:
        count = len(feature.categories)
        more = f", … ({format_count(count)} in total)" if count > MAX_CATEGORIES else ""
        return ", ".join(shorten(category, 40) for category in feature.categories[:MAX_CATEGORIES]) + more
    if feature.min is not None:
        low, high = format_value(feature.min), format_value(feature.max, unit_of(feature))
        return f"{low} to {high}{' characters' if feature.type is ColumnType.TEXT else ''}"
    return "true or false" if feature.type is ColumnType.BOOLEAN else "none"


def main_score(info: VersionInfo | VersionSummary) -> str:
    """Return the main metric of a version with its label."""
    name = MAIN_METRIC[info.task]
    return f"{METRICS[name][0]} {format_metric(name, info.metrics[name])}" if name in info.metrics else "–"


def unit_of(feature: Feature) -> str | None:
    """Return the unit of the values of a feature, `%` for shares."""
    return feature.read_as.unit if feature.read_as else None


def target_unit(info: VersionInfo) -> str | None:
    """Return the unit of the predicted numbers, `%` for shares."""
    return info.target_read_as.unit if info.target_read_as else None


def target_title(info: VersionInfo) -> str:
    """Return the target with its unit, such as `price (€)`, for the axis of a chart."""
    return titled(info.target, target_unit(info))


def titled(name: str, unit: str | None) -> str:
    """Return a name with a unit; shares have none, as charts show them as fractions."""
    return f"{shorten(name, 60)} ({unit})" if unit and unit != PERCENT else shorten(name, 60)


def job_title(job: Job) -> str:
    """Return the table of a job, and its target and, until it has a version, its model if known."""
    title = f"{job.target} from {job.table}" if job.target else job.table
    return f"{job.model}: {title}" if job.model not in (None, title) and not job.version else title


def job_status_line(job: Job) -> str:
    """Return the queue position, the progress and remaining time, or the result of a job."""
    stage = FITTING.sub(lambda found: f"{found[1]} {estimator_name(found[2])}{_part(found[3])}", job.stage)
    if job.queue_position:
        return f"{stage} · number {job.queue_position} in the queue"
    if not job.finished_at:
        left = "" if job.remaining_s is None else f" · about {format_duration(math.ceil(job.remaining_s))} left"
        return f"{stage} · {format_percent(round(job.progress, 2), nominal=True)}{left}"
    if job.version and job.started_at:
        return f"Trained in {format_duration((job.finished_at - job.started_at).total_seconds())}"
    return job.error or str(job.status)


def _part(fold: str | None) -> str:
    return f", {fold.removeprefix(': ').replace('fold', 'part', 1)} of the rows" if fold else ""
