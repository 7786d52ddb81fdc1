"""What sets models apart: what changes for callers, and the table of differences."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mlapp.errors import shorten
from mlapp.presentation.sentences import (
    LOWER_IS_BETTER,
    MAIN_METRIC,
    METRICS,
    duration,
    figure,
    headline,
    percent,
    spelled,
)
from mlapp.schemas import Feature, Model, Scalar

MOST_COMPARED = 5
"""Models that fit side by side."""
NAMED = 4
"""Names that a sentence gives before it says how many more there are."""
MAX_FEATURES = 30
"""Features that the table of differences names."""


@dataclass(frozen=True)
class Difference:
    """A line of the table of differences: what it is, and a text for each model."""

    label: str
    texts: tuple[str, ...]
    best: frozenset[int] = frozenset()
    """Places of the best, where the models can be ranked by it and differ."""


def changes(now: Model | None, then: Model) -> list[str]:
    """Say what changes for callers when `then` answers instead of `now`."""
    if now is None:
        return [f"No model answers now. From then on model {then.version} does: it {headline(then)}."]
    said = [*_predicted(now, then), *_features(now, then)]
    return [*(said or ["Callers send the same features and get the same kind of answer."]), *_quality(now, then)]


def differing(models: Sequence[Model]) -> list[Difference]:
    """Return what sets models apart, line by line; what each of them has as well as what only some have."""
    return [
        *(Difference(label, tuple(text(model) for model in models)) for label, text in _PLAIN.items()),
        *_metrics(models),
        *_parameters(models),
        *_own_features(models),
    ]


def comparable(models: Sequence[Model]) -> bool:
    """Return whether the scores of models can be compared: they predict the same target, by the same task."""
    return len({(model.task, model.target) for model in models}) == 1


def same_table(models: Sequence[Model]) -> bool:
    """Return whether models were trained, and judged, on the same table."""
    return len({model.data_sha256 for model in models}) == 1


def _predicted(now: Model, then: Model) -> list[str]:
    said = []
    if not comparable([now, then]):
        said.append(
            f"It predicts {shorten(then.target)} ({then.task.value}) instead of "
            f"{shorten(now.target)} ({now.task.value})."
        )
    elif now.classes is not None and then.classes is not None:
        said += _classes("It may also answer", then.classes, now.classes)
        said += _classes("It never answers", now.classes, then.classes)
    if now.coverage and then.coverage and now.coverage != then.coverage:
        said.append(f"Its intervals hold {percent(then.coverage)} of true values instead of {percent(now.coverage)}.")
    return said


def _classes(saying: str, of: Sequence[Scalar], without: Sequence[Scalar]) -> list[str]:
    only = [str(value) for value in of if value not in without]
    return [f"{saying} {_some(only)}."] if only else []


def _features(now: Model, then: Model) -> list[str]:
    known, wanted = ({feature.name: feature for feature in model.features} for model in (now, then))
    needed = [name for name, new in wanted.items() if new.required and not _required(known.get(name))]
    optional = [name for name, new in wanted.items() if name not in known and not new.required]
    unused = [name for name in known if name not in wanted]
    retyped = [
        f"{shorten(name)} ({known[name].type.value} → {new.type.value})"
        for name, new in wanted.items()
        if name in known and known[name].type is not new.type
    ]
    said = {
        "Callers must now send": needed,
        "Callers may now send": optional,
        "No longer used": unused,
        "Of another type": retyped,
    }
    return [f"{saying}: {_some(names)}." for saying, names in said.items() if names]


def _required(feature: Feature | None) -> bool:
    return feature is not None and feature.required


def _quality(now: Model, then: Model) -> list[str]:
    name = MAIN_METRIC[then.task]
    if not comparable([now, then]) or name not in now.metrics or name not in then.metrics:
        return []
    old, new = now.metrics[name], then.metrics[name]
    if figure(old) == figure(new):
        said = [f"{METRICS[name][0]} stays at {figure(new)}."]
    else:
        said = [f"{METRICS[name][0]} {figure(new)} instead of {figure(old)}: {'better' if new > old else 'worse'}."]
    if not same_table([now, then]):
        said.append("They were trained and judged on different tables, so these scores are no fair comparison.")
    return said


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(shorten(name, 120) for name in names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED:,} more"


_PLAIN: dict[str, Callable[[Model], str]] = {
    "Predicts": lambda model: f"{shorten(model.target)} ({model.task.value})",
    "Estimator": lambda model: model.estimator,
    "Trained": lambda model: f"{model.created_at:%Y-%m-%d %H:%M} UTC",
    "Took": lambda model: duration(model.training_seconds),
    "Rows": lambda model: f"{model.rows:,}",
    "Table": lambda model: model.data_sha256[:12],
    "Features": lambda model: f"{len(model.features):,}",
    "Coverage of intervals": lambda model: "–" if model.coverage is None else percent(model.coverage),
    "Seed": lambda model: str(model.seed),
}
"""What is always shown."""


def _metrics(models: Sequence[Model]) -> Iterable[Difference]:
    for name, (label, _) in METRICS.items():
        values = [model.metrics.get(name) for model in models]
        if any(value is not None for value in values):
            texts = tuple(_score(model, name) for model in models)
            yield Difference(label, texts, _best(name, values) if comparable(models) else frozenset())


def _score(model: Model, name: str) -> str:
    if name not in model.metrics:
        return "–"
    spread = f" ± {figure(model.spread[name])}" if name in model.spread else ""
    return f"{figure(model.metrics[name])}{spread}"


def _best(name: str, values: Sequence[float | None]) -> frozenset[int]:
    known = [value for value in values if value is not None]
    if len({figure(value) for value in known}) == 1:
        return frozenset()
    best = figure(min(known) if name in LOWER_IS_BETTER else max(known))
    return frozenset(place for place, value in enumerate(values) if value is not None and figure(value) == best)


def _parameters(models: Sequence[Model]) -> Iterable[Difference]:
    for name in dict.fromkeys(name for model in models for name in model.parameters):
        texts = tuple(_value(model.parameters.get(name)) for model in models)
        if len(set(texts)) > 1:
            yield Difference(f"Parameter {name}", texts)


def _value(value: Any) -> str:
    return shorten(json.dumps(value, default=str) if isinstance(value, dict | list) else spelled(value))


def _own_features(models: Sequence[Model]) -> Iterable[Difference]:
    names = [{feature.name for feature in model.features} for model in models]
    every = dict.fromkeys(feature.name for model in models for feature in model.features)
    own = [name for name in every if not all(name in known for known in names)]
    for name in own[:MAX_FEATURES]:
        yield Difference(f"Feature {shorten(name)}", tuple("yes" if name in known else "–" for known in names))
    if len(own) > MAX_FEATURES:
        counts = tuple(f"{sum(name in known for name in own[MAX_FEATURES:]):,}" for known in names)
        yield Difference(f"Of {len(own) - MAX_FEATURES:,} more features", counts)
