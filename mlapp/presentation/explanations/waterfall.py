"""Waterfalls: how contributions lead from the average prediction, or another one, to that of a row."""

from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple

from mlapp.errors import shorten
from mlapp.presentation.explanations.reasons import MAX_VALUE, format_contribution
from mlapp.presentation.formats import exact, format_count, format_number, format_percent, format_value
from mlapp.presentation.sentences import target_unit, unit_of
from mlapp.schemas import Explanation, Scalar, Task, VersionInfo

SHOWN = 6
"""Contributions with a step of their own; the others are one step."""
MIN_WIDTH = 0.5
"""Width of the narrowest bar, in percent."""
NEGLIGIBLE = 1e-12
Row = Mapping[str, Scalar | None]


class Step(NamedTuple):
    """A line of a waterfall; positions are percentages of its width."""

    label: str
    text: str
    """What is added, or the total."""
    exact: str
    """All digits of it."""
    kind: Literal["total", "more", "less"]
    left: float
    width: float


class Reference(NamedTuple):
    """What a prediction is compared with."""

    name: str
    row: Row
    explanation: Explanation


def total(explanation: Explanation) -> float:
    """Return the value or probability that is explained."""
    return explanation.base + sum(explanation.contributions.values())


def waterfall(info: VersionInfo, row: Row, explanation: Explanation, reference: Reference | None = None) -> list[Step]:
    """Return the steps from the average prediction, or that of the reference, to that of a row; the largest first."""
    if reference:
        name, start, amounts = (
            reference.name,
            total(reference.explanation),
            _differences(info, row, explanation, reference),
        )
    else:
        name, start, amounts = _average(info), explanation.base, _contributions(info, row, explanation)
    steps = sorted((step for step in amounts if abs(step[1]) > NEGLIGIBLE), key=lambda step: -abs(step[1]))
    # A single one has a step of its own, as it takes as much space.
    if len(rest := steps[SHOWN:]) > 1:
        steps = [*steps[:SHOWN], (f"{format_count(len(rest))} others", sum(amount for _, amount in rest))]
    heights = [*accumulate((amount for _, amount in steps), initial=start)]
    # Probabilities begin at 0.
    low, high = min(heights) if info.task is Task.REGRESSION else 0.0, max(heights)
    scale = 100 / ((high - low) or 1)

    def step(label: str, text: str, amount: float, kind: Literal["total", "more", "less"], *ends: float) -> Step:
        left, right = ((end - low) * scale for end in sorted(ends))
        return Step(label, text, exact(amount), kind, min(left, 100 - MIN_WIDTH), max(right - left, MIN_WIDTH))

    found = [step(name, _figure(info, start), start, "total", low, start)]
    for (label, amount), ends in zip(steps, pairwise(heights), strict=True):
        kind: Literal["more", "less"] = "more" if amount > 0 else "less"
        found.append(step(label, format_contribution(info, amount), amount, kind, *ends))
    end = total(explanation)
    return [*found, step("This row", _figure(info, end), end, "total", low, end)]


def accuracy(info: VersionInfo, explanation: Explanation) -> str:
    """Return how accurate contributions are; empty if they are exact."""
    if not explanation.error:
        return ""
    return f"Contributions are accurate to about ± {format_contribution(info, explanation.error).removeprefix('+')}."


def _contributions(info: VersionInfo, row: Row, explanation: Explanation) -> list[tuple[str, float]]:
    """Return what each feature adds."""
    values = {feature.name: _value(row.get(feature.name), unit_of(feature)) for feature in info.features}
    return [(f"{name} = {values[name]}", amount) for name, amount in explanation.contributions.items()]


def _differences(
    info: VersionInfo, row: Row, explanation: Explanation, reference: Reference
) -> list[tuple[str, float]]:
    """Return what each feature adds more than in the reference."""
    units, other = {feature.name: unit_of(feature) for feature in info.features}, reference.explanation
    found = [("Other average", explanation.base - other.base)]
    for name in dict.fromkeys([*explanation.contributions, *other.contributions]):
        amount = explanation.contributions.get(name, 0.0) - other.contributions.get(name, 0.0)
        before, now = (_value(values.get(name), units.get(name)) for values in (reference.row, row))
        found.append((f"{name} = {now}" if before == now else f"{name}: {before} → {now}", amount))
    return found


def _average(info: VersionInfo) -> str:
    return "Average prediction" if info.task is Task.REGRESSION else "Average probability"


def _figure(info: VersionInfo, value: float) -> str:
    return format_number(value, target_unit(info)) if info.task is Task.REGRESSION else format_percent(value)


def _value(value: Scalar | None, unit: str | None) -> str:
    return "missing" if value is None else shorten(format_value(value, unit), MAX_VALUE)
