"""A version at a glance: the verdict, its main scores beside those of the baseline, and warnings."""

from collections.abc import Callable
from urllib.parse import urlencode

from nicegui import ui

from mlapp.presentation.evaluation.against_baseline import against_baseline
from mlapp.presentation.evaluation.held_out import coverage_caveat, evaluated_on
from mlapp.presentation.verdict import other_warnings, verdict
from mlapp.schemas import VersionInfo
from pages.components.charts.share_bar import bar
from pages.components.warnings import notes, warnings
from pages.theme import LEAD, MUTED, SMALL, TEXT

SCORE = "w-full max-w-2xl grid grid-cols-[9rem_1fr_4.5rem] sm:grid-cols-[14rem_1fr_5rem] items-center gap-3"


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
    """Draw the main score beside that of the baseline, on which rows it is measured, and the warnings."""
    heading, scores = against_baseline(info)
    with ui.column().classes("w-full gap-1 py-1").mark("against-baseline"):
        ui.label(heading).classes(SMALL)
        for index, score in enumerate(scores):
            with ui.element("div").classes(SCORE):
                ui.label(score.name).classes(f"{TEXT} {'font-medium' if index == 0 else ''}")
                drawn = bar(score.share, f"{score.name}: {score.text}")
                drawn.props["color"] = "primary" if index == 0 else "blue-grey-4"
                value = ui.label(score.text).classes("text-sm text-right tabular-nums font-medium")
                value.props["title"] = score.exact
    ui.label(evaluated_on(info)).classes(MUTED).mark("evaluated-on")
    if caveat := coverage_caveat(info):
        notes("coverage-caveat", [caveat])
    warnings(other_warnings(info))
