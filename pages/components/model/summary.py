"""A version at a glance: the verdict, its main scores beside those of the baseline, and warnings."""

from nicegui import ui

from mlapp.presentation.formats import exact
from mlapp.presentation.held_out import coverage_caveat, evaluated_on
from mlapp.presentation.metrics import METRICS, format_metric
from mlapp.presentation.sentences import target_unit
from mlapp.presentation.verdict import is_suspicious, verdict
from mlapp.schemas import Task, VersionInfo
from pages.components.cards import Figure, figures
from pages.components.warnings import notes, warnings
from pages.theme import LEAD, MUTED

KEY_METRICS = {
    Task.REGRESSION: ("mae", "rmse", "r2"),
    Task.CLASSIFICATION: ("accuracy", "balanced_accuracy", "roc_auc"),
}
"""Metrics shown as figures."""
BASELINES = {Task.REGRESSION: "the mean", Task.CLASSIFICATION: "the most frequent class"}


def summary(info: VersionInfo) -> None:
    """Draw the verdict, the main scores, and the warnings."""
    if assessment := verdict(info):
        with ui.row().classes("w-full items-start gap-2 flex-nowrap"):
            if is_suspicious(info):
                ui.icon("warning_amber").classes("text-warning text-2xl").mark("suspicious")
            text = ui.label(f"{assessment}.").classes(f"{LEAD} break-words min-w-0").mark("verdict")
            text.props("role=heading aria-level=2")
    metrics, baseline, unit = info.metrics, info.baseline, target_unit(info)
    figures(
        [
            Figure(
                METRICS[name][0],
                format_metric(name, metrics[name], unit),
                f"baseline {format_metric(name, baseline[name], unit)}",
                exact(metrics[name]),
            )
            for name in KEY_METRICS[info.task]
            if name in metrics and name in baseline
        ]
    )
    baseline_predicts = f"The baseline always predicts {BASELINES[info.task]}."
    ui.label(f"{evaluated_on(info)} {baseline_predicts}").classes(MUTED).mark("evaluated-on")
    if caveat := coverage_caveat(info):
        notes("coverage-caveat", [caveat])
    warnings(info.warnings)
