"""A version at a glance: the verdict, its main scores beside those of the baseline, and warnings."""

from collections.abc import Callable
from urllib.parse import urlencode

from nicegui import ui

from mlapp.presentation.evaluation.held_out import coverage_caveat, evaluated_on
from mlapp.presentation.formats import exact
from mlapp.presentation.metrics import METRICS, format_metric
from mlapp.presentation.sentences import target_unit
from mlapp.presentation.verdict import verdict
from mlapp.schemas import Task, VersionInfo
from pages.components.cards import Figure, figures
from pages.components.warnings import notes, warnings
from pages.theme import LEAD, MUTED, TEXT

KEY_METRICS = {
    Task.REGRESSION: ("mae", "r2"),
    Task.CLASSIFICATION: ("accuracy",),
}
"""Metrics shown as figures; all of them are under Details."""
BASELINES = {Task.REGRESSION: "the average", Task.CLASSIFICATION: "the most frequent class"}


def summary(info: VersionInfo) -> None:
    """Draw the verdict, the main scores, and the warnings."""
    assessment(info, lambda: ui.navigate.to(train_without_path(info)))
    evidence(info)


def assessment(info: VersionInfo, train_without: Callable[[], object]) -> None:
    """Draw the verdict; `train_without` trains again without the columns that seem to give the target away."""
    found = verdict(info)
    with ui.row().classes("w-full items-start gap-2 flex-nowrap"):
        if found.is_doubtful:
            ui.icon("warning_amber").classes("text-warning text-2xl").mark("doubtful")
        with ui.column().classes("gap-2 min-w-0"):
            text = ui.label(f"{found.phrase}.").classes(f"{LEAD} break-words min-w-0").mark("verdict")
            text.props("role=heading aria-level=2")
            if found.advice:
                ui.label(found.advice).classes(f"{TEXT} break-words").mark("advice")
            if found.suspects:
                label = f"Train without {'it' if len(found.suspects) == 1 else 'them'}"
                ui.button(label, icon="model_training", on_click=train_without).mark("train-without")


def train_without_path(info: VersionInfo) -> str:
    """Return the path of the Train page that asks for the table and leaves out the suspected columns."""
    source = {"dataset": info.source.dataset} if info.source and info.source.dataset else {}
    return "/train?" + urlencode(source | {"model": info.model, "exclude": info.suspected_leaks}, doseq=True)


def evidence(info: VersionInfo) -> None:
    """Draw the main scores beside those of the baseline, and the warnings."""
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
    baseline_predicts = f"The baseline ignores the columns and always predicts {BASELINES[info.task]}."
    ui.label(f"{evaluated_on(info)} {baseline_predicts}").classes(MUTED).mark("evaluated-on")
    if caveat := coverage_caveat(info):
        notes("coverage-caveat", [caveat])
    warnings(info.warnings)
