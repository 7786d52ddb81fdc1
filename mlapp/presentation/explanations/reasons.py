"""Reasons: the largest contributions to a prediction, in words."""

from collections.abc import Callable, Sequence

from mlapp.errors import shorten
from mlapp.presentation.formats import format_number, format_value
from mlapp.presentation.sentences import target_unit, unit_of
from mlapp.schemas import ColumnType, Explanation, Feature, Task, VersionInfo

REASONS = 3
"""Contributions in a cell of a file."""
WHOLE_POINTS = 9.5
"""Percentage points from which on they are rounded to whole ones."""
MAX_VALUE = 40
"""Characters of a value."""
NUMBERS = (ColumnType.NUMBER, ColumnType.INTEGER)


def reasons(info: VersionInfo, explanation: Explanation, x: Sequence[float], text: Callable[[str], str]) -> str:
    """Return the largest contributions, such as `sex = female (+31 points), fare = 71.3 (+6.1 points)`.

    Args:
        info: The version.
        explanation: Of the prediction.
        x: The encoded row; its features come first.
        text: Returns the text of a cell by the name of its feature.
    """
    position = {feature.name: index for index, feature in enumerate(info.features)}
    found = []
    for name, contribution in largest(explanation)[:REASONS]:
        feature = info.features[position[name]]
        value = _value(feature, float(x[position[name]]), text)
        found.append(f"{name} = {value} ({format_contribution(info, contribution)})")
    return ", ".join(found)


def largest(explanation: Explanation) -> list[tuple[str, float]]:
    """Return the contributions that are not 0, the largest first."""
    found = [each for each in explanation.contributions.items() if each[1]]
    return sorted(found, key=lambda each: -abs(each[1]))


def format_contribution(info: VersionInfo, contribution: float) -> str:
    """Return a contribution with its sign: in units of the target, or in percentage points."""
    sign = "+" if contribution > 0 else ""
    if info.task is Task.REGRESSION:
        return sign + format_number(contribution, target_unit(info))
    points = 100 * contribution
    text = f"{points:.0f}" if abs(points) >= WHOLE_POINTS else f"{points:.1f}"
    return f"{sign}{text} points"


def _value(feature: Feature, number: float, text: Callable[[str], str]) -> str:
    if number != number:  # noqa: PLR0124 - NaN
        return "missing"
    if feature.type in NUMBERS:
        return format_value(number, unit_of(feature))
    return shorten(text(feature.name), MAX_VALUE)
