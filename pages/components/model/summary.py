"""A version at a glance: the verdict, its main scores beside those of the baseline, and warnings."""

from nicegui import ui

from mlapp.presentation.formats import format_number
from mlapp.presentation.metrics import METRICS
from mlapp.presentation.sentences import quality_summary
from mlapp.presentation.verdict import is_suspicious, verdict
from mlapp.schemas import Task, VersionInfo
from pages.components.cards import figures
from pages.components.warnings import warnings
from pages.theme import LEAD, TEXT

KEY_METRICS = {
    Task.REGRESSION: ("mae", "rmse", "r2"),
    Task.CLASSIFICATION: ("accuracy", "balanced_accuracy", "roc_auc"),
}
"""Metrics shown as figures."""


def summary(info: VersionInfo) -> None:
    """Draw the verdict, the main scores, and the warnings."""
    if assessment := verdict(info):
        with ui.row().classes("w-full items-start gap-2 flex-nowrap"):
            if is_suspicious(info):
                ui.icon("warning_amber").classes("text-warning text-2xl")
            text = ui.label(f"{assessment}.").classes(f"{LEAD} break-words min-w-0").mark("verdict")
            text.props("role=heading aria-level=2")
    ui.label(quality_summary(info)).classes(f"{TEXT} break-words max-w-full").mark("quality")
    metrics, baseline = info.metrics, info.baseline
    figures(
        [
            (METRICS[name][0], format_number(metrics[name]), f"baseline {format_number(baseline[name])}")
            for name in KEY_METRICS[info.task]
            if name in metrics and name in baseline
        ]
    )
    warnings(info.warnings)
