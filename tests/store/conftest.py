"""Minimal records, versions, jobs and model files."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from mlapp.schemas import ColumnType, Distribution, Evaluation, Job, JobStatus, Record, Task, VersionInfo

NOW = datetime(2026, 1, 31, tzinfo=UTC)
FILE = b"fitted" * 20
NOTHING: dict[str, Any] = {
    **{name: {} for name in ("parameters", "metrics", "baseline", "spread", "plots", "library_versions")},
    **{
        name: []
        for name in (
            *("features", "ignored", "leaderboard", "importance", "warnings", "examples", "distributions"),
            *("suspected_leaks", "slices", "unmet_claims"),
        )
    },
    **dict.fromkeys(("rows", "rows_dropped", "seed", "training_seconds"), 0),
    **dict.fromkeys(
        (
            "classes",
            "coverage",
            "interval",
            "positive",
            "source",
            "protected",
            "read_as",
            "target_read_as",
            "registered",
        )
    ),
    **dict.fromkeys(("estimator", "note", "data_sha256", "table_sha256"), ""),
}
RECORD = Record(
    created_at=NOW,
    task=Task.REGRESSION,
    target="y",
    target_type=ColumnType.NUMBER,
    target_distribution=Distribution(counts=[]),
    evaluation=Evaluation.CROSS_VALIDATION,
    time_column=None,
    group_column=None,
    held_out_groups=None,
    weight_column=None,
    class_weight=None,
    metric=None,
    loss=None,
    never_negative=False,
    threshold_curve=None,
    class_sets=None,
    coverage_verified=True,
    budget_reached=False,
    model_sha256=hashlib.sha256(FILE).hexdigest(),
    **NOTHING,
)
INFO = VersionInfo(
    **dict(RECORD),
    model="prices",
    version=7,
    active=True,
    default=True,
    predict_path="/models/prices/predict",
    breaking=[],
    usable=True,
    decision=None,
    threshold=None,
)
"""The active version of the default model."""


def job(number: int, **changed: Any) -> Job:
    """A running job."""
    plain: dict[str, Any] = {"status": JobStatus.RUNNING, "stage": "Starting", "progress": 0.5, "table": "wine"}
    return Job(**({"id": number, "created_at": NOW, "started_at": NOW} | plain | changed))


def ended(number: int, **changed: Any) -> Job:
    """A job that succeeded."""
    return job(
        number, **({"status": JobStatus.SUCCEEDED, "finished_at": NOW, "model": "prices", "version": 7} | changed)
    )
