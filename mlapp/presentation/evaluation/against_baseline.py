"""The main score of a version beside that of always giving the same answer, for bars of the same scale."""

from typing import NamedTuple

from mlapp.presentation.formats import exact
from mlapp.presentation.metrics import MAIN_SCORE, format_metric
from mlapp.presentation.sentences import target_unit
from mlapp.schemas import Task, VersionInfo

HEADINGS = {Task.REGRESSION: "Average error, the smaller the better", Task.CLASSIFICATION: "Correct predictions"}
ALWAYS = {Task.REGRESSION: "Always the average", Task.CLASSIFICATION: "Always the most frequent value"}


class Bar(NamedTuple):
    """A score: what has it, its figure, all of its digits, and its length as a share of the longest one."""

    name: str
    text: str
    exact: str
    share: float


def against_baseline(info: VersionInfo) -> tuple[str, list[Bar]]:
    """Return what is compared, and the scores of the version and of its baseline."""
    metric, unit = MAIN_SCORE[info.task], target_unit(info)
    scores = {f"Version {info.version}": info.metrics[metric], ALWAYS[info.task]: info.baseline[metric]}
    longest = 1.0 if info.task is Task.CLASSIFICATION else max(scores.values()) or 1.0
    bars = [
        Bar(name, format_metric(metric, value, unit), exact(value), value / longest) for name, value in scores.items()
    ]
    return HEADINGS[info.task], bars
