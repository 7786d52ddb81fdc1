"""What-if charts in words, and which parts of them are not verified."""

from typing import Any

from mlapp.presentation.formats import format_number
from mlapp.presentation.sentences import target_unit
from mlapp.schemas import ColumnType, VersionInfo, WhatIf

DISCRETE = (ColumnType.CATEGORY, ColumnType.BOOLEAN)


def what_if_description(info: VersionInfo, found: WhatIf) -> str:
    """Describe the chart, for screen readers too."""
    is_discrete = found.type in DISCRETE
    mark = "the current value is bold" if is_discrete else "the dashed line marks the current value"
    rest = f"All other columns keep their values; {mark}."
    if found.reliable:
        rest += " Not verified" if is_discrete else " Grey parts are not verified"
        rest += ": the training table has no rows like these."
    if found.probabilities:
        return f"Probabilities of the most likely values. {rest}"
    values = [float(value) for value in found.predictions]
    lowest, highest = format_number(min(values)), format_number(max(values), target_unit(info))
    return f"{info.target} ranges from {lowest} to {highest}. {rest}"


def unverified_parts(found: WhatIf) -> list[list[dict[str, Any]]]:
    """Return the ranges of values that are not verified, as an area of ECharts marks them."""
    reliable = found.reliable or []
    parts: list[list[dict[str, Any]]] = []
    for index, is_verified in enumerate(reliable):
        if is_verified:
            continue
        # To the neighbours, as a single value has no width.
        begin, end = found.values[max(index - 1, 0)], found.values[min(index + 1, len(reliable) - 1)]
        if parts and index and not reliable[index - 1]:
            parts[-1][1]["xAxis"] = end
        else:
            parts.append([{"xAxis": begin}, {"xAxis": end}])
    return parts
