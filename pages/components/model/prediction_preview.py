"""The first predictions for a table, its warnings, rows that cannot be predicted, the score, and the worst rows."""

from collections.abc import Sequence
from typing import Protocol

from nicegui import ui

from mlapp.presentation.decisions.sentences import class_name
from mlapp.presentation.formats import exact, format_count, format_number, format_percent
from mlapp.presentation.metrics import MAIN_SCORE, format_metric, in_order, metric_label
from mlapp.presentation.sentences import target_unit
from mlapp.schemas import PredictionPreview, Task, VersionInfo, WorstRow
from pages.components.cards import Figure, figures
from pages.components.tables.plain_table import Cell, plain_table
from pages.components.warnings import warnings
from pages.theme import FOLD, MUTED, TEXT

WHY = "why"
"""The column of the reasons."""
MAX_LINES = 5
"""Warnings and problems that are listed."""


class Download(Protocol):
    """Downloads the predictions; with `skip`, in spite of rows that cannot be predicted."""

    def __call__(self, *, skip: bool) -> None:
        """Start the download."""


class PredictionPreviewView:
    """A preview with a download button."""

    def __init__(self, info: VersionInfo, found: PredictionPreview, download: Download) -> None:
        self.info, self.found = info, found
        with ui.row().classes("w-full items-center justify-between gap-3"):
            predicted = found.total - found.problems_total
            summary = f"{_rows(predicted)} predicted by version {info.version}"
            ui.label(summary).classes(f"{TEXT} font-medium").mark("predicted")
            button = ui.button("Download predictions", icon="download").mark("download")
        self._score()
        if found.problems_total:
            skip = self._problems()
            button.bind_enabled_from(skip, "value")
            button.on_click(lambda: download(skip=bool(skip.value)))
        else:
            button.on_click(lambda: download(skip=False))
        lines = zip(found.warning_lines, found.warnings, strict=True)
        texts = [f"Line {line}, {warned.feature}: {warned.detail}" for line, warned in lines]
        warnings(_first(texts, found.warnings_total, "warning"))
        self._table()
        if found.worst:
            self._worst()

    def _score(self) -> None:
        """Draw the metrics on the rows that have a target."""
        if self.found.score:
            ui.label(f"On the {_rows(self.found.scored_rows)} with '{self.info.target}'").classes(MUTED)
            first = MAIN_SCORE[self.info.task]
            self._figures([first])
            with ui.expansion("All scores").props(FOLD).classes("w-full").mark("all-scores"):
                self._figures([name for name in in_order(self.found.score) if name != first])

    def _figures(self, names: Sequence[str]) -> None:
        score, known, unit = self.found.score or {}, self.info.metrics, target_unit(self.info)
        figures(
            [
                Figure(
                    metric_label(name),
                    format_metric(name, score[name], unit),
                    f"in training: {format_metric(name, known[name], unit)}" if name in known else "",
                    exact(score[name]),
                )
                for name in names
                if name in score
            ]
        )

    def _problems(self) -> ui.switch:
        """Draw the rows that cannot be predicted, and return the choice to skip them."""
        found = self.found
        count = found.problems_total
        ui.label(f"{_rows(count)} cannot be predicted:").classes(f"{TEXT} font-medium").mark("problems")
        texts = [f"Line {problem.line}: {problem.detail}" for problem in found.problems]
        warnings(_first(texts, count, "row"))
        switch = ui.switch("Skip rows that cannot be predicted: they get no prediction, and the reason as 'problem'")
        return switch.mark("skip")

    def _table(self) -> None:
        found = self.found
        # Predictions are the last columns of the file, but first here, so that they are visible.
        first = found.names.index("prediction")
        names = ["Line", *found.names[first:], *found.names[:first]]
        # Classes stay as they are, though they may look like numbers.
        rounded = first if self.info.task is Task.REGRESSION else first + 1
        cells: list[list[Cell]] = [
            [line, *row[first:rounded], *map(_rounded, row[rounded:]), *row[:first]]
            for line, row in zip(found.lines, found.rows, strict=True)
        ]
        table = plain_table("First rows with their predictions", names, cells).props("translate=no").mark("preview")
        if WHY in names:
            # Long texts, which would be columns of single words.
            table.columns[names.index(WHY)]["style"] = "min-width: 18rem"
        shown = len(cells)
        ui.label(f"The first {shown} of {_rows(found.total)}." if shown < found.total else "All rows.").classes(MUTED)

    def _worst(self) -> None:
        """Draw the rows whose predictions are furthest from the targets in the file."""
        info, found = self.info, self.found
        is_number = info.task is Task.REGRESSION
        target = found.names.index(info.target)
        names = found.names[: len(found.worst[0].cells)]
        cells: list[list[Cell]] = [
            [row.line, row.cells[target], *_judged(row, info), *row.cells[:target], *row.cells[target + 1 :]]
            for row in found.worst
        ]
        title = "Rows it gets most wrong"
        ui.label(title).classes(f"{TEXT} font-medium").props("role=heading aria-level=3")
        measure = "Error" if is_number else "Probability of actual"
        others = [name for name in names if name != info.target]
        header = ["Line", f"Actual {info.target}", "Predicted", measure, *others]
        plain_table(title, header, cells).props("translate=no").mark("worst-rows")
        ui.label(f"{len(cells)} of the {_rows(found.scored_rows)} with '{info.target}'.").classes(MUTED)


def _judged(row: WorstRow, info: VersionInfo) -> tuple[str, str]:
    """Return a prediction, and how wrong it is."""
    if info.task is Task.CLASSIFICATION:
        return class_name(row.prediction), format_percent(row.measure)
    unit = target_unit(info)
    return format_number(float(row.prediction), unit), format_number(row.measure, unit)


def _rows(count: int) -> str:
    return format_count(count, "row")


def _first(texts: list[str], total: int, what: str) -> list[str]:
    """Return the first texts, and how many more there are."""
    more = total - len(texts[:MAX_LINES])
    return [*texts[:MAX_LINES], *([f"and {format_count(more, f'more {what}')}"] if more else [])]


def _rounded(cell: str | None) -> str | None:
    """Return a number with few digits; other texts as they are."""
    try:
        return format_number(float(cell or ""))
    except ValueError:
        return cell
