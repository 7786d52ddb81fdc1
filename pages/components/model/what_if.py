"""What-if: how the answer changes with one feature, with the present value marked."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from mlapp.errors import MlappError
from mlapp.presentation.sentences import format_number, format_value
from mlapp.schemas import ColumnType, Model, Scalar, WhatIf
from mlapp.services import Services
from pages.components.cards import card
from pages.components.charts.base import Options, axis, band, bars, chart, dots, grid, legend, line
from pages.components.forms.latest_only import Latest
from pages.theme import FAINT, INK, MUTED, SERIES

PAUSE_S = 0.3
"""How long values have to rest before curves are drawn anew: answers come first."""
ROOMY = 8
"""Categories beyond which a chart is higher."""
LABEL = {"color": FAINT, "fontSize": 11, "width": 110, "overflow": "truncate"}
PERCENT = {"color": FAINT, "fontSize": 11, "formatter": "{value}%"}


class WhatIfView:
    """A chosen feature's curve for the present record, drawn anew as that changes."""

    def __init__(self, services: Services, model: Model, record: Callable[[], dict[str, Any]]) -> None:
        self.services, self.model, self.record = services, model, record
        self.latest = Latest(self._draw, PAUSE_S)
        self.colours: dict[str, int] = {}
        self.chart: ui.echart | None = None
        self.drawn: tuple[str, int] | None = None
        with card("What if", mark="what-if"):
            with ui.row().classes("w-full items-center gap-3"):
                ui.label(f"How {model.target} changes with").classes(f"{MUTED} break-words min-w-0")
                names = [feature.name for feature in model.features]
                self.feature = ui.select(names, value=_most_important(model), on_change=self.latest.ask)
                self.feature.props('outlined dense aria-label="Feature"').classes("min-w-[12rem] max-w-full")
                self.feature.mark("what-if-feature")
            self.place = ui.column().classes("w-full")
            self.said = ui.label().classes(MUTED).mark("what-if-said")

    def ask(self) -> None:
        """Draw it anew soon."""
        self.latest.ask()

    async def _draw(self) -> None:
        name, record = self.feature.value, self.record()
        try:
            found = await self.services.prediction.what_if(record, name, self.model.version)
        except MlappError as error:
            self._show(None, error.detail)
            return
        self._show(found, _said(found, self.model.target))
        self._update(found, record[name])

    def _show(self, found: WhatIf | None, said: str) -> None:
        self.place.set_visibility(found is not None)
        self.said.set_text(said)

    def _update(self, found: WhatIf, present: Scalar | None) -> None:
        """Draw into the chart that is there, unless it is one of another kind."""
        options = self._options(found, present)
        kind = (found.feature, len(options["series"]))
        if self.chart is None or kind != self.drawn:
            self.place.clear()
            with self.place:
                high = len(found.values) > ROOMY and found.type is ColumnType.CATEGORY
                self.chart = chart(_about(found, self.model.target), options, height="h-96" if high else "h-64")
                self.chart.mark("curve")
            self.drawn = kind
        else:
            self.chart.options.update(options)
            self.chart.update()

    def _options(self, found: WhatIf, present: Scalar | None) -> Options:
        if found.type in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
            return self._beside_each_other(found, present)
        x = axis(found.feature, "time" if found.type is ColumnType.DATETIME else "value", splitLine={"show": False})
        series = self._lines(found)
        series[-1]["markLine"] = _mark(present)
        # The ends are values of training, with more digits than a label has room for.
        x["axisLabel"] |= {"showMinLabel": False, "showMaxLabel": False}
        ends = {"min": "dataMin", "max": "dataMax"}
        return self._frame(found, {"xAxis": x | ends, "yAxis": self._answers(), "series": series})

    def _lines(self, found: WhatIf) -> list[Options]:
        if found.probabilities:
            return [
                line(name, _points(found, [100 * share for share in shares]), self._colour(name))
                for name, shares in found.probabilities.items()
            ]
        around = band("interval", found.values, found.lower or [], found.upper or [])
        return [*around, line(self.model.target, _points(found, found.predictions))]

    def _beside_each_other(self, found: WhatIf, present: Scalar | None) -> Options:
        names = [format_value(value) for value in found.values]
        here = None if present is None else format_value(present)
        # The present value's name stands out.
        labels = [
            {"value": name, "textStyle": {"color": INK, "fontWeight": "bold"} if name == here else {"color": FAINT}}
            for name in names
        ]
        series = self._bars(found, names.index(here) if here in names else None)
        y = axis("", "category", data=labels, inverse=True, axisLabel=LABEL)
        return self._frame(found, {"xAxis": self._answers(), "yAxis": y, "series": series})

    def _bars(self, found: WhatIf, here: int | None) -> list[Options]:
        if found.probabilities:
            return [
                bars(name, [100 * share for share in shares], self._colour(name), stack="classes", barMaxWidth=22)
                for name, shares in found.probabilities.items()
            ]
        unseen: Options = {"stack": "interval", "stackStrategy": "all", "silent": True, "barMaxWidth": 14}
        lower, upper = found.lower or [], found.upper or []
        wide = [high - low for low, high in zip(lower, upper, strict=True)]
        shown = [
            {"value": [value, place], "symbolSize": 14 if place == here else 9}
            for place, value in enumerate(found.predictions)
        ]
        return [
            bars("from", lower, **unseen, itemStyle={"opacity": 0}),
            bars("to", wide, **unseen, itemStyle={"opacity": 0.2, "borderRadius": 6}),
            dots(self.model.target, [], data=shown, itemStyle={"opacity": 1}),
        ]

    def _answers(self) -> Options:
        """Return the axis of the answers."""
        return axis(scale=True) if self.model.classes is None else axis(min=0, max=100, axisLabel=PERCENT)

    def _frame(self, found: WhatIf, options: Options) -> Options:
        several = found.probabilities is not None
        shown = {"legend": legend(list(found.probabilities or {}))} if several else {"legend": {"show": False}}
        return {
            "grid": grid(legend=several) | {"top": 48 if several else 30},
            "tooltip": {"show": False},
            **shown,
            **options,
        }

    def _colour(self, name: str) -> int:
        """Return the place of a class's colour: the same whatever is drawn."""
        return self.colours.setdefault(name, len(self.colours)) % len(SERIES)


def _most_important(model: Model) -> str:
    known = {feature.name for feature in model.features}
    weighed = [entry for entry in model.importance if entry.feature in known]
    return max(weighed, key=lambda entry: entry.mean).feature if weighed else model.features[0].name


def _points(found: WhatIf, answers: list[Any]) -> list[list[Any]]:
    return [list(point) for point in zip(found.values, answers, strict=True)]


def _mark(present: Scalar | None) -> Options:
    return {
        "silent": True,
        "symbol": "none",
        "lineStyle": {"color": INK, "type": "dashed"},
        "label": {"formatter": "now", "color": INK, "fontSize": 11},
        "data": [] if present is None else [{"xAxis": present}],
    }


def _about(found: WhatIf, target: str) -> str:
    return f"How {target} changes with {found.feature}"


def _said(found: WhatIf, target: str) -> str:
    """Say what the chart shows, for those who cannot see it too."""
    stands = ColumnType.CATEGORY, ColumnType.BOOLEAN
    mark = "the present value stands out" if found.type in stands else "the dashed line is the present value"
    rest = f"All else stays as it is; {mark}."
    if found.probabilities:
        return f"Probabilities of the classes that are likeliest. {rest}"
    values = [float(value) for value in found.predictions]
    return f"{target} goes from {format_number(min(values))} to {format_number(max(values))}. {rest}"
