"""Comparison of versions: what an activation changes for callers, and a table of differences."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mlapp.errors import shorten
from mlapp.presentation.comparison.comparability import comparability, listed, same_question
from mlapp.presentation.formats import format_count, format_duration, format_percent, format_time, format_value
from mlapp.presentation.metrics import (
    MAIN_METRIC,
    best_of,
    format_metric,
    format_metric_with_spread,
    in_order,
    metric_label,
)
from mlapp.presentation.sentences import headline, source_name, target_unit
from mlapp.presentation.training_choices import estimator_title
from mlapp.presentation.verdict import Level, verdict
from mlapp.schemas import Scalar, VersionInfo

MAX_COMPARED = 4
"""Versions in one comparison: as many as fit side by side."""
MAX_REASONS = 4
"""Reasons in a sentence; the others are counted."""
MAX_FEATURES = 30
"""Features listed in the table of differences; the others are counted."""


@dataclass(frozen=True)
class Difference:
    """A row of the table of differences: a label, and a cell for each version."""

    label: str
    texts: tuple[str, ...]
    best: frozenset[int] = frozenset()
    """Positions of the best versions, of those that are not too good; empty if the scores are not comparable."""


def changes(old: VersionInfo | None, new: VersionInfo) -> list[str]:
    """Return what changes for callers when `new` replaces the active version `old`, one sentence each.

    What breaks callers comes first.
    """
    if old is None:
        return [f"No version is active. Version {new.version} {headline(new)}."]
    sentences = [
        *(f"{reason[:1].upper()}{reason[1:]}." for reason in new.breaking),
        *_answer_changes(old, new),
        *_feature_changes(old, new),
    ]
    return [
        *(sentences or ["Programs send the same columns and get the same kind of answers."]),
        *_score_changes(old, new),
    ]


def breaking_summary(subject: str, active: int | None, breaking: Sequence[str]) -> str:
    """Return one sentence about what breaks callers of the active version if the subject answers instead."""
    more = f"; and {format_count(len(breaking) - MAX_REASONS)} more" if len(breaking) > MAX_REASONS else ""
    return f"{subject} would break programs that use version {active}: {'; '.join(breaking[:MAX_REASONS])}{more}."


def differences(versions: Sequence[VersionInfo]) -> list[Difference]:
    """Return the table of differences: all metrics, features that some lack, and properties."""
    properties = (Difference(label, tuple(text(info) for info in versions)) for label, text in _PROPERTIES.items())
    return [
        *_metric_differences(versions),
        *_feature_differences(versions),
        *(row for row in properties if row.label not in _IF_DIFFERENT or len(set(row.texts)) > 1),
    ]


def parameter_differences(versions: Sequence[VersionInfo]) -> list[Difference]:
    """Return the parameters that all versions have, and not all with the same value."""
    shared = [name for name in versions[0].parameters if all(name in info.parameters for info in versions)]
    rows = [Difference(name, tuple(_value(info.parameters[name]) for info in versions)) for name in shared]
    return [row for row in rows if len(set(row.texts)) > 1]


def _answer_changes(old: VersionInfo, new: VersionInfo) -> list[str]:
    sentences = []
    if old.classes and new.classes and same_question([old, new]):
        sentences += _sentences(("New classes", [value for value in new.classes if value not in old.classes]))
    if old.task is new.task and old.coverage and new.coverage and old.coverage != new.coverage:
        before, after = (format_percent(coverage, nominal=True) for coverage in (old.coverage, new.coverage))
        ranges = "sets of classes" if new.classes else "intervals"
        sentences.append(f"Its {ranges} cover {after} of true values instead of {before}.")
    return sentences


def _feature_changes(old: VersionInfo, new: VersionInfo) -> list[str]:
    known, wanted = ({feature.name: feature for feature in info.features} for info in (old, new))
    optional = [name for name, feature in wanted.items() if not feature.required and name not in known]
    retyped = [
        f"{shorten(name)} ({known[name].type.value} → {feature.type.value})"
        for name, feature in wanted.items()
        if name in known and known[name].type is not feature.type
    ]
    return _sentences(
        ("Programs may now send", optional),
        ("No longer used", [name for name in known if name not in wanted]),
        ("Type changed", retyped),
    )


def _score_changes(old: VersionInfo, new: VersionInfo) -> list[str]:
    name = MAIN_METRIC[new.task]
    if not same_question([old, new]) or name not in old.metrics or name not in new.metrics:
        return []
    before, after = old.metrics[name], new.metrics[name]
    label, score, earlier = metric_label(name), format_metric(name, after), format_metric(name, before)
    fair = comparability([old, new])
    if score == earlier:
        sentences = [f"{label} stays at {score}."]
    elif fair.scores:
        sentences = [f"{label} {score} instead of {earlier}: {'better' if after > before else 'worse'}."]
    else:
        sentences = [f"{label} {score} instead of {earlier}."]
    if (found := verdict(new)).level is Level.TOO_GOOD:
        sentences.append(f"{found.phrase}. {found.advice}")
    return sentences if fair.scores else [*sentences, fair.reason]


def _sentences(*changed: tuple[str, Sequence[Scalar]]) -> list[str]:
    """Return a sentence with the first names for each label that has any."""
    return [f"{label}: {listed(names)}." for label, names in changed if names]


_PROPERTIES: dict[str, Callable[[VersionInfo], str]] = {
    "Estimator": estimator_title,
    "Trained": lambda info: format_time(info.created_at),
    "Training time": lambda info: format_duration(info.training_seconds),
    "Rows": lambda info: format_count(info.rows),
    "Table": lambda info: f"{shorten(source_name(info.source))} ({info.table_sha256[:8]})",
    "Columns": lambda info: format_count(len(info.features)),
    "Interval coverage": lambda info: "–" if info.coverage is None else format_percent(info.coverage, nominal=True),
    "Predicts": lambda info: f"{shorten(info.target)} ({info.task.value})",
    "Seed": lambda info: str(info.seed),
}
_IF_DIFFERENT = ("Rows", "Table", "Interval coverage", "Predicts", "Seed")
"""Properties that are shown only where they differ."""


def _metric_differences(versions: Sequence[VersionInfo]) -> Iterable[Difference]:
    fair = comparability(versions).scores
    for name in in_order(name for info in versions for name in info.metrics):
        scores = {index: info.metrics[name] for index, info in enumerate(versions) if name in info.metrics}
        texts = tuple(_score(info, name) for info in versions)
        yield Difference(metric_label(name), texts, _best(name, scores, versions) if fair else frozenset())


def _score(info: VersionInfo, name: str) -> str:
    if name not in info.metrics:
        return "–"
    return format_metric_with_spread(name, info.metrics, info.spread, target_unit(info))


def _best(name: str, scores: dict[int, float], versions: Sequence[VersionInfo]) -> frozenset[int]:
    """Return the best of the versions that are not too good to be true, unless all of them are equal."""
    scores = {n: score for n, score in scores.items() if verdict(versions[n]).level is not Level.TOO_GOOD}
    if not scores:
        return frozenset()
    if (found := best_of(name, scores.values())) is None:
        return frozenset()
    best = format_metric(name, found)
    tied = frozenset(index for index, score in scores.items() if format_metric(name, score) == best)
    return tied if len(tied) < len(scores) else frozenset()


def _value(value: Any) -> str:
    return shorten(json.dumps(value, default=str) if isinstance(value, dict | list) else format_value(value))


def _feature_differences(versions: Sequence[VersionInfo]) -> Iterable[Difference]:
    names = [{feature.name for feature in info.features} for info in versions]
    every = dict.fromkeys(feature.name for info in versions for feature in info.features)
    partial = [name for name in every if not all(name in known for known in names)]
    for name in partial[:MAX_FEATURES]:
        yield Difference(f"Column {shorten(name)}", tuple("yes" if name in known else "–" for known in names))
    if len(partial) > MAX_FEATURES:
        counts = tuple(format_count(sum(name in known for name in partial[MAX_FEATURES:])) for known in names)
        yield Difference(f"Of {format_count(len(partial) - MAX_FEATURES)} more columns", counts)
