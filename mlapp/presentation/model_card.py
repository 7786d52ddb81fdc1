"""The model card: purpose, data, features, evaluation, limits and usage of a model, in Markdown."""

import json
from collections.abc import Sequence
from typing import Any

from mlapp import ml
from mlapp.errors import shorten
from mlapp.presentation.code_snippets import curl, python
from mlapp.presentation.formats import format_number, format_percent
from mlapp.presentation.markdown import quotation, table, text
from mlapp.presentation.metrics import METRICS
from mlapp.presentation.sentences import MAX_CATEGORIES, headline, quality_summary, training_rows, training_values
from mlapp.schemas import Evaluation, Scalar, Task, VersionInfo

SCORES = {Task.REGRESSION: "RMSE", Task.CLASSIFICATION: "Log loss"}
EVALUATED = {
    Evaluation.CROSS_VALIDATION: "with five-fold cross-validation (stratified for classes) on up to 20,000 rows",
    Evaluation.HELD_OUT: "on 20,000 random held-out rows; the spread is over five parts of these",
    Evaluation.LATEST: "on the latest fifth of the rows by a time column, after fitting on the earlier ones",
}


def card(model: VersionInfo, base_url: str, key: str | None = None) -> str:
    """Return the model card as Markdown with YAML front matter.

    `base_url` is the address of this server; `key` is the environment variable of the API key, if one is required.

    Source: Mitchell et al., Model Cards for Model Reporting (2019); huggingface.co/docs/hub/model-cards.
    """
    parts = [
        _front_matter(model),
        f"# {text(model.target)}, model {model.version}",
        _summary(model),
        *([f"## Note\n\n{quotation(model.note)}"] if model.note.strip() else []),
        f"## Data\n\n{_data(model)}",
        f"## Features\n\n{_features(model)}",
        f"## Evaluation\n\n{_evaluation(model)}",
        f"## Feature importance\n\n{_importance(model)}",
        f"## Limits\n\n{_limits(model)}",
        f"## Usage\n\n{_calls(model, base_url, key)}",
        f"## Reproducibility\n\n{_origin(model)}",
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(model: VersionInfo) -> str:
    """Return metadata for the Hugging Face Hub; values are JSON, which is valid YAML."""
    kind = f"tabular-{model.task.value}"
    name = f"{shorten(model.target)}, model {model.version}"
    data = {"name": f"training table ({model.rows} rows)", "type": "tabular"}
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


def _summary(model: VersionInfo) -> str:
    sentences = [f"It {text(headline(model), 200)}: a {model.task.value} with `{model.estimator}`."]
    if model.classes is not None:
        sentences.append(f"It predicts one of {len(model.classes)} classes: {_values(model.classes)}.")
    sentences.append(
        "It is active: it serves requests to `/predict` that name no version."
        if model.active
        else f"It is not active: it serves requests to `/predict?version={model.version}`."
    )
    if why := ml.unusable_reason(model.library_versions):
        sentences.append(f"It cannot be loaded on this server. {why}")
    return " ".join([*sentences, quality_summary(model)])


def _data(model: VersionInfo) -> str:
    dropped = f"{model.rows_dropped:,} rows without a target were dropped."
    sentences = f"Trained on {text(training_rows(model), 300)}; {dropped} SHA-256 of the values: `{model.data_sha256}`."
    if not model.ignored:
        return sentences
    rows = [(column.name, column.reason) for column in model.ignored]
    return f"{sentences}\n\nUnused columns:\n\n{table(('Column', 'Reason'), rows)}"


def _features(model: VersionInfo) -> str:
    rows = [
        (
            feature.name,
            feature.type.value,
            training_values(feature),
            "none" if feature.required else "yes (optional feature)",
            "" if feature.example is None else _value(feature.example),
        )
        for feature in model.features
    ]
    return table(("Feature", "Type", "Training values", "Missing values", "Example"), rows)


def _evaluation(model: VersionInfo) -> str:
    scores = [
        (_metric(name)[0], format_number(value), *_numbers(name, model.spread, model.baseline), _metric(name)[1])
        for name, value in model.metrics.items()
    ]
    entries = [
        (entry.estimator, format_number(entry.score), format_number(entry.spread), format_number(entry.fit_seconds))
        for entry in model.leaderboard
    ]
    return "\n\n".join(
        [
            table(("Metric", "This model", "Spread", "Baseline", "Meaning"), scores),
            f"Measured on held-out rows, {EVALUATED[model.evaluation]}. The baseline ignores the features. "
            + _uncertainty(model),
            "Compared estimators, the best first:",
            table(("Estimator", f"{SCORES[model.task]}, lower is better", "Spread", "Fit time (s)"), entries),
        ]
    )


def _uncertainty(model: VersionInfo) -> str:
    if model.coverage is not None:
        return (
            "Its prediction intervals (`lower`, `upper`) are conformal, from its errors on these rows: they should "
            f"cover about {format_percent(model.coverage)} of true values."
        )
    if "temperature" in model.parameters:
        return "Its probabilities are calibrated by temperature scaling, which improved them on these rows."
    return "Its probabilities are those of the estimator: temperature scaling did not improve them."


def _numbers(name: str, *scores: dict[str, float]) -> list[str]:
    return [format_number(metrics[name]) if name in metrics else "" for metrics in scores]


def _importance(model: VersionInfo) -> str:
    rows = [(each.feature, format_number(each.mean), format_number(each.std)) for each in model.importance]
    ranking = table(("Feature", f"Increase of {SCORES[model.task]}", "Spread"), rows)
    return (
        "Permutation importance: how much the score worsens when the values of a feature are shuffled. It does not "
        f"show cause and effect.\n\n{ranking}"
    )


def _limits(model: VersionInfo) -> str:
    sentences = [
        "Values outside the training values above are predicted with a warning.",
        "With `Prefer: handling=strict`, requests with such values are rejected.",
        "The metrics hold for rows with the same distribution as the training table.",
    ]
    if model.source and model.source.simulated:
        sentences.append("It was trained on simulated data: for trying mlapp out, not for conclusions.")
    return "\n".join(f"- {line}" for line in sentences + [text(warning, 1_000) for warning in model.warnings])


def _calls(model: VersionInfo, base_url: str, key: str | None) -> str:
    row = {feature.name: feature.example for feature in model.features}
    shell, program = (write(base_url, row, model.version, key) for write in (curl, python))
    return f"```sh\n{shell}\n```\n\nThe same in Python, with the standard library only:\n\n```python\n{program}\n```"


def _origin(model: VersionInfo) -> str:
    rows = [
        ("Trained", f"{model.created_at:%Y-%m-%d %H:%M} UTC, in {format_number(model.training_seconds)} s"),
        ("Seed", str(model.seed)),
        *model.library_versions.items(),
        *((f"{model.estimator}: {name}", _value(value)) for name, value in model.parameters.items()),
    ]
    same = "The same table, options, seed and library versions give the same model."
    return f"{same}\n\n{table(('Property', 'Value'), rows)}"


def _metric(name: str) -> tuple[str, str]:
    return METRICS.get(name, (name, ""))


def _values(values: Sequence[Scalar]) -> str:
    more = ", …" if len(values) > MAX_CATEGORIES else ""
    return ", ".join(text(_value(value), 40) for value in values[:MAX_CATEGORIES]) + more


def _value(value: Scalar | None) -> str:
    return value if isinstance(value, str) else json.dumps(value)
