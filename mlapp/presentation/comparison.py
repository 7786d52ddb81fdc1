"""Comparison of models: what activation changes for clients, and a table of differences."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mlapp.errors import shorten
from mlapp.presentation.formats import format_duration, format_number, format_percent, format_value
from mlapp.presentation.metrics import LOWER_IS_BETTER, MAIN_METRIC, METRICS
from mlapp.presentation.sentences import headline
from mlapp.schemas import Scalar, VersionInfo

MAX_COMPARED = 5
"""Models in one comparison: as many as fit side by side."""
MAX_NAMES = 4
"""Names in a sentence; the others are counted."""
MAX_FEATURES = 30
"""Features listed in the table of differences; the others are counted."""


@dataclass(frozen=True)
class Difference:
    """A row of the table of differences: a label, and a cell for each model."""

    label: str
    texts: tuple[str, ...]
    best: frozenset[int] = frozenset()
    """Positions of the best models; empty if the scores are equal or not comparable."""


def changes(old: VersionInfo | None, new: VersionInfo) -> list[str]:
    """Return what changes for clients when `new` replaces the active model `old`, one sentence each."""
    if old is None:
        return [f"No model is active. Model {new.version} {headline(new)}."]
    sentences = [*_target_changes(old, new), *_feature_changes(old, new)]
    return [
        *(sentences or ["Clients send the same features and receive the same kind of predictions."]),
        *_score_changes(old, new),
    ]


def differences(models: Sequence[VersionInfo]) -> list[Difference]:
    """Return the table of differences: general properties, all metrics, and parameters and features that differ."""
    return [
        *(Difference(label, tuple(text(model) for model in models)) for label, text in _PROPERTIES.items()),
        *_metric_differences(models),
        *_parameter_differences(models),
        *_feature_differences(models),
    ]


def comparable(models: Sequence[VersionInfo]) -> bool:
    """Return whether the metrics of models are comparable: same target and same task."""
    return len({(model.task, model.target) for model in models}) == 1


def same_table(models: Sequence[VersionInfo]) -> bool:
    """Return whether models were trained and evaluated on the same table."""
    return len({model.data_sha256 for model in models}) == 1


def _target_changes(old: VersionInfo, new: VersionInfo) -> list[str]:
    sentences = []
    if not comparable([old, new]):
        sentences.append(
            f"It predicts {shorten(new.target)} ({new.task.value}) instead of {shorten(old.target)} ({old.task.value})."
        )
    elif old.classes and new.classes:
        added = [value for value in new.classes if value not in old.classes]
        removed = [value for value in old.classes if value not in new.classes]
        sentences += _listed(("New classes", added), ("Classes that are no longer predicted", removed))
    if old.coverage and new.coverage and old.coverage != new.coverage:
        before, after = format_percent(old.coverage), format_percent(new.coverage)
        sentences.append(f"Its intervals cover {after} of true values instead of {before}.")
    return sentences


def _feature_changes(old: VersionInfo, new: VersionInfo) -> list[str]:
    known, wanted = ({feature.name: feature for feature in model.features} for model in (old, new))
    required = {name for name, feature in known.items() if feature.required}
    needed = [name for name, feature in wanted.items() if feature.required and name not in required]
    optional = [name for name, feature in wanted.items() if not feature.required and name not in known]
    retyped = [
        f"{shorten(name)} ({known[name].type.value} → {feature.type.value})"
        for name, feature in wanted.items()
        if name in known and known[name].type is not feature.type
    ]
    return _listed(
        ("Clients must now send", needed),
        ("Clients may now send", optional),
        ("No longer used", [name for name in known if name not in wanted]),
        ("Type changed", retyped),
    )


def _score_changes(old: VersionInfo, new: VersionInfo) -> list[str]:
    name = MAIN_METRIC[new.task]
    if not comparable([old, new]) or name not in old.metrics or name not in new.metrics:
        return []
    before, after = old.metrics[name], new.metrics[name]
    label, score = METRICS[name][0], format_number(after)
    if score == format_number(before):
        sentences = [f"{label} stays at {score}."]
    else:
        sentences = [f"{label} {score} instead of {format_number(before)}: {'better' if after > before else 'worse'}."]
    if not same_table([old, new]):
        sentences.append("They were trained and evaluated on different tables, so these scores are not comparable.")
    return sentences


def _listed(*changed: tuple[str, Sequence[Scalar]]) -> list[str]:
    """Return a sentence with the first names for each label that has any."""
    sentences = []
    for label, names in changed:
        if names:
            more = f" and {len(names) - MAX_NAMES:,} more" if len(names) > MAX_NAMES else ""
            sentences.append(f"{label}: {', '.join(shorten(name, 120) for name in names[:MAX_NAMES])}{more}.")
    return sentences


_PROPERTIES: dict[str, Callable[[VersionInfo], str]] = {
    "Predicts": lambda model: f"{shorten(model.target)} ({model.task.value})",
    "Estimator": lambda model: model.estimator,
    "Trained": lambda model: f"{model.created_at:%Y-%m-%d %H:%M} UTC",
    "Training time": lambda model: format_duration(model.training_seconds),
    "Rows": lambda model: f"{model.rows:,}",
    "Table": lambda model: model.data_sha256[:12],
    "Features": lambda model: f"{len(model.features):,}",
    "Interval coverage": lambda model: "–" if model.coverage is None else format_percent(model.coverage),
    "Seed": lambda model: str(model.seed),
}
"""Rows that are always shown."""


def _metric_differences(models: Sequence[VersionInfo]) -> Iterable[Difference]:
    for name, (label, _) in METRICS.items():
        scores = {index: model.metrics[name] for index, model in enumerate(models) if name in model.metrics}
        if scores:
            texts = tuple(_score(model, name) for model in models)
            yield Difference(label, texts, _best(name, scores) if comparable(models) else frozenset())


def _score(model: VersionInfo, name: str) -> str:
    if name not in model.metrics:
        return "–"
    spread = f" ± {format_number(model.spread[name])}" if name in model.spread else ""
    return f"{format_number(model.metrics[name])}{spread}"


def _best(name: str, scores: dict[int, float]) -> frozenset[int]:
    best = format_number((min if name in LOWER_IS_BETTER else max)(scores.values()))
    tied = frozenset(index for index, score in scores.items() if format_number(score) == best)
    return tied if len(tied) < len(scores) else frozenset()


def _parameter_differences(models: Sequence[VersionInfo]) -> Iterable[Difference]:
    for name in dict.fromkeys(name for model in models for name in model.parameters):
        texts = tuple(_value(model.parameters.get(name)) for model in models)
        if len(set(texts)) > 1:
            yield Difference(f"Parameter {name}", texts)


def _value(value: Any) -> str:
    return shorten(json.dumps(value, default=str) if isinstance(value, dict | list) else format_value(value))


def _feature_differences(models: Sequence[VersionInfo]) -> Iterable[Difference]:
    names = [{feature.name for feature in model.features} for model in models]
    every = dict.fromkeys(feature.name for model in models for feature in model.features)
    partial = [name for name in every if not all(name in known for known in names)]
    for name in partial[:MAX_FEATURES]:
        yield Difference(f"Feature {shorten(name)}", tuple("yes" if name in known else "–" for known in names))
    if len(partial) > MAX_FEATURES:
        counts = tuple(f"{sum(name in known for name in partial[MAX_FEATURES:]):,}" for known in names)
        yield Difference(f"Of {len(partial) - MAX_FEATURES:,} more features", counts)
