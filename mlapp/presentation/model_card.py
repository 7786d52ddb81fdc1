"""The model card: what a model is, how good, how made and how to call it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mlapp import ml
from mlapp.errors import shorten
from mlapp.presentation.code_snippets import curl, python
from mlapp.presentation.markdown import quotation, table, text
from mlapp.presentation.sentences import METRICS, figure, headline, percent, quality, training_rows
from mlapp.schemas import ColumnType, Evaluation, Feature, Model, Scalar, Task

MAX_CATEGORIES = 10
SCORES = {Task.REGRESSION: "RMSE", Task.CLASSIFICATION: "Log loss"}
EVALUATED = {
    Evaluation.CROSS_VALIDATION: "by five-fold cross-validation (stratified for classes) on up to 20,000 rows",
    Evaluation.HELD_OUT: "by 20,000 random rows that were held out; their spread is over five parts of these",
    Evaluation.LATEST: "on the latest fifth of the rows by a time column, after fitting on the earlier ones",
}


def card(model: Model, base_url: str, key: str | None = None) -> str:
    """Return the card of a model that `base_url` serves: Markdown with YAML front matter.

    `key` names the variable that holds the key to predict with, where one is needed.

    Source: Mitchell et al., Model Cards for Model Reporting (2019); huggingface.co/docs/hub/model-cards.
    """
    parts = [
        _front_matter(model),
        f"# {text(model.target)}, model {model.version}",
        _summary(model),
        *([f"## Note\n\n{quotation(model.note)}"] if model.note.strip() else []),
        f"## Data\n\n{_data(model)}",
        f"## Features\n\n{_features(model)}",
        f"## How good it is\n\n{_evaluation(model)}",
        f"## What it goes by\n\n{_importance(model)}",
        f"## Limits\n\n{_limits(model)}",
        f"## Call it\n\n{_calls(model, base_url, key)}",
        f"## Make it again\n\n{_origin(model)}",
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(model: Model) -> str:
    """Return metadata as the Hugging Face Hub reads it; every value is JSON, which is YAML too."""
    kind = f"tabular-{model.task.value}"
    name = f"{shorten(model.target)}, model {model.version}"
    data = {"name": f"the table it was trained on ({model.rows} rows)", "type": "tabular"}
    metrics = [{"type": metric, "name": _metric(metric)[0], "value": value} for metric, value in model.metrics.items()]
    fields: dict[str, Any] = {
        "library_name": "sklearn",
        "pipeline_tag": kind,
        "tags": [kind, "sklearn", "mlapp", model.estimator],
        "model_name": name,
        "model-index": [{"name": name, "results": [{"task": {"type": kind}, "dataset": data, "metrics": metrics}]}],
    }
    lines = [f"{field}: {json.dumps(value, ensure_ascii=False)}" for field, value in fields.items()]
    return "\n".join(["---", *lines, "---"])


def _summary(model: Model) -> str:
    said = [f"It {text(headline(model), 200)}: a {model.task.value} by `{model.estimator}`."]
    if model.classes is not None:
        said.append(f"It answers one of {len(model.classes)} classes: {_values(model.classes)}.")
    said.append(
        "It is active: it answers `/predict` when no version is asked for."
        if model.active
        else f"It is not active: it answers `/predict?version={model.version}`."
    )
    if why := ml.why_unusable(model.library_versions):
        said.append(f"It cannot answer here. {why}")
    return " ".join([*said, quality(model)])


def _data(model: Model) -> str:
    dropped = f"{model.rows_dropped:,} more had no target and were left out."
    said = f"Trained on {text(training_rows(model), 300)}; {dropped} SHA-256 of the values: `{model.data_sha256}`."
    if not model.ignored:
        return said
    rows = [(column.name, column.reason) for column in model.ignored]
    return f"{said}\n\nColumns that it does not use:\n\n{table(('Column', 'Reason'), rows)}"


def _features(model: Model) -> str:
    rows = [
        (
            feature.name,
            feature.type.value,
            _seen(feature),
            "none" if feature.required else "yes: it may be left out",
            "" if feature.example is None else _value(feature.example),
        )
        for feature in model.features
    ]
    return table(("Feature", "Type", "Seen in training", "Gaps", "Example"), rows)


def _seen(feature: Feature) -> str:
    if feature.categories:
        more = f", … ({len(feature.categories):,} in all)" if len(feature.categories) > MAX_CATEGORIES else ""
        return ", ".join(shorten(category, 40) for category in feature.categories[:MAX_CATEGORIES]) + more
    if feature.min is not None and feature.max is not None:
        low, high = (
            edge.isoformat() if isinstance(edge, datetime) else figure(edge) for edge in (feature.min, feature.max)
        )
        return f"{low} to {high}"
    return "true or false" if feature.type is ColumnType.BOOLEAN else "no value"


def _evaluation(model: Model) -> str:
    scores = [
        (_metric(name)[0], figure(value), *_figures(name, model.spread, model.baseline), _metric(name)[1])
        for name, value in model.metrics.items()
    ]
    entries = [
        (entry.estimator, figure(entry.score), figure(entry.spread), figure(entry.fit_seconds))
        for entry in model.leaderboard
    ]
    return "\n\n".join(
        [
            table(("Metric", "This model", "Spread", "Ignoring the features", "Meaning"), scores),
            f"Measured on rows that were not learnt from, {EVALUATED[model.evaluation]}. {_certainty(model)}",
            "Estimators that were compared, the best first:",
            table(("Estimator", f"{SCORES[model.task]}, lower is better", "Spread", "Seconds to fit"), entries),
        ]
    )


def _certainty(model: Model) -> str:
    if model.coverage is not None:
        return (
            "Its intervals (`lower`, `upper`) are conformal, made of its errors on these rows: about "
            f"{percent(model.coverage)} of true values should lie within."
        )
    if "temperature" in model.parameters:
        return "Its probabilities are calibrated by a temperature, which made them better on these rows."
    return "Its probabilities are those of the estimator: calibrating them did not make them better."


def _figures(name: str, *of: dict[str, float]) -> list[str]:
    return [figure(metrics[name]) if name in metrics else "" for metrics in of]


def _importance(model: Model) -> str:
    rows = [(each.feature, figure(each.mean), figure(each.std)) for each in model.importance]
    found = table(("Feature", f"{SCORES[model.task]} gets worse by", "Spread"), rows)
    return f"How much worse it does when the values of a feature are shuffled; no sign of cause and effect.\n\n{found}"


def _limits(model: Model) -> str:
    said = [
        "It knows the ranges and categories above; what it never saw it predicts all the same, with a warning.",
        "`Prefer: handling=strict` has such a row refused.",
        "The figures hold for new rows that are like those of the table.",
    ]
    if model.source and model.source.simulated:
        said.append("It was trained on simulated data: good for trying, not for conclusions.")
    return "\n".join(f"- {line}" for line in said + [text(warning, 1_000) for warning in model.warnings])


def _calls(model: Model, base_url: str, key: str | None) -> str:
    row = {feature.name: feature.example for feature in model.features}
    shell, program = (write(base_url, row, model.version, key) for write in (curl, python))
    return f"```sh\n{shell}\n```\n\nThe same in Python, with nothing to install:\n\n```python\n{program}\n```"


def _origin(model: Model) -> str:
    rows = [
        ("Trained", f"{model.created_at:%Y-%m-%d %H:%M} UTC, in {figure(model.training_seconds)} s"),
        ("Seed", str(model.seed)),
        *((name, version) for name, version in model.library_versions.items()),
        *((f"{model.estimator}: {name}", _value(value)) for name, value in model.parameters.items()),
    ]
    same = "The same table, options and seed give the same model under the same versions."
    return f"{same}\n\n{table(('What', 'Value'), rows)}"


def _metric(name: str) -> tuple[str, str]:
    return METRICS.get(name, (name, ""))


def _values(values: Sequence[Scalar]) -> str:
    more = ", …" if len(values) > MAX_CATEGORIES else ""
    return ", ".join(text(_value(value), 40) for value in values[:MAX_CATEGORIES]) + more


def _value(value: Scalar | None) -> str:
    return value if isinstance(value, str) else json.dumps(value)
