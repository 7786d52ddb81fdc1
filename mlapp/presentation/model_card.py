"""The model card of a version: purpose, data, features, evaluation, limits and usage, in Markdown."""

import json
from collections.abc import Sequence
from typing import Any

from mlapp import ml
from mlapp.presentation.code_snippets import curl, python
from mlapp.presentation.decisions.sentences import decision_sentence
from mlapp.presentation.estimators import estimator_name
from mlapp.presentation.evaluation.held_out import coverage_caveat, evaluated_on, held_out_rows
from mlapp.presentation.evaluation.subgroups import NO_SLICES, counted_on, protected_note, protected_table, weak_spots
from mlapp.presentation.formats import format_duration, format_percent, format_time, with_spread
from mlapp.presentation.markdown import quotation, table, text
from mlapp.presentation.metrics import format_metric, format_metric_with_spread, metric_label, metric_meaning
from mlapp.presentation.sentences import (
    MAX_CATEGORIES,
    headline,
    quality_summary,
    target_unit,
    trained_on,
    training_values,
    version_name,
)
from mlapp.presentation.training_choices import (
    comparison_metric,
    dropped_rows,
    entry_score,
    estimator_text,
    training_choices,
    weight_texts,
)
from mlapp.presentation.verdict import verdict
from mlapp.schemas import Scalar, Task, VersionInfo

SCORES = {Task.REGRESSION: "RMSE", Task.CLASSIFICATION: "Log loss"}


def card(info: VersionInfo, base_url: str, key: str | None = None, *, description: str = "") -> str:
    """Return the model card of a version as Markdown with YAML front matter.

    `base_url` is the address of this server; `key` is the environment variable of the API key, if one is required;
    `description` is that of the model.

    Source: Mitchell et al., Model Cards for Model Reporting (2019); huggingface.co/docs/hub/model-cards.
    """
    parts = [
        _front_matter(info),
        f"# {text(version_name(info.model, info.version))}",
        *([quotation(description)] if description.strip() else []),
        _summary(info),
        *([f"## Note\n\n{quotation(info.note)}"] if info.note.strip() else []),
        f"## Data\n\n{_data(info)}",
        f"## Features\n\n{_features(info)}",
        f"## Evaluation\n\n{_evaluation(info)}",
        *_subgroups(info),
        f"## Feature importance\n\n{_importance(info)}",
        f"## Limits\n\n{_limits(info)}",
        f"## Usage\n\n{_calls(info, base_url, key)}",
        f"## Reproducibility\n\n{_origin(info)}",
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(info: VersionInfo) -> str:
    """Return metadata for the Hugging Face Hub; values are JSON, which is valid YAML."""
    kind = f"tabular-{info.task.value}"
    name = version_name(info.model, info.version)
    data = {"name": f"training table ({info.rows} rows)", "type": "tabular"}
    metrics = [{"type": metric, "name": metric_label(metric), "value": value} for metric, value in info.metrics.items()]
    fields: dict[str, Any] = {
        "library_name": "sklearn",
        "pipeline_tag": kind,
        "tags": [kind, "sklearn", "mlapp", info.estimator],
        "model_name": name,
        "model-index": [{"name": name, "results": [{"task": {"type": kind}, "dataset": data, "metrics": metrics}]}],
    }
    lines = [f"{field}: {json.dumps(value, ensure_ascii=False)}" for field, value in fields.items()]
    return "\n".join(["---", *lines, "---"])


def _summary(info: VersionInfo) -> str:
    sentences = [f"It {text(headline(info), 200)}: a {info.task.value} by {estimator_text(info)}."]
    if info.classes is not None:
        sentences.append(f"It predicts one of {len(info.classes)} classes: {_values(info.classes)}.")
    if info.decision:
        sentences.append(text(decision_sentence(info), 500))
    sentences.append(_address(info))
    if why := ml.unusable_reason(info.library_versions, info.registered):
        sentences.append(f"It cannot be loaded on this server. {why}")
    found = verdict(info)
    assessment = []
    if found.is_doubtful:
        assessment = [f"**{text(found.phrase, 400)}.** {text(found.advice, 400)}"]
    return " ".join([*assessment, *sentences, quality_summary(info)])


def _address(info: VersionInfo) -> str:
    """Return which requests the version answers."""
    path = f"`/models/{info.model}/predict`"
    if not info.active:
        return f"It is not active: it answers requests to `{info.predict_path}`."
    if not info.default:
        return f"It is active: it answers requests to {path} that name no version."
    return f"It is the active version of the default model: it answers requests to `/predict` and to {path}."


def _data(info: VersionInfo) -> str:
    dropped = f"{dropped_rows(info)} were dropped."
    sentences = f"{_capitalized(text(trained_on(info), 300))}; {dropped} SHA-256 of the values: `{info.data_sha256}`."
    if not info.ignored:
        return sentences
    rows = [(column.name, column.reason) for column in info.ignored]
    return f"{sentences}\n\nUnused columns:\n\n{table(('Column', 'Reason'), rows)}"


def _features(info: VersionInfo) -> str:
    rows = [
        (
            feature.name,
            feature.type.value,
            training_values(feature),
            "none" if feature.required else "yes (optional feature)",
            "" if feature.example is None else _value(feature.example),
        )
        for feature in info.features
    ]
    return table(("Feature", "Type", "Training values", "Missing values", "Example"), rows)


def _evaluation(info: VersionInfo) -> str:
    unit = target_unit(info)
    scores = [
        (
            metric_label(name),
            format_metric_with_spread(name, info.metrics, info.spread, unit),
            format_metric(name, info.baseline[name], unit) if name in info.baseline else "",
            metric_meaning(name),
        )
        for name in info.metrics
    ]
    metric, better = comparison_metric(info)
    weights = weight_texts(info.leaderboard)
    entries = [
        (estimator_name(entry.estimator), *weight, entry_score(info, entry), format_duration(entry.fit_seconds))
        for entry, weight in zip(info.leaderboard, weights, strict=True)
    ]
    weight_column = ("Weight",) if weights[0] else ()
    return "\n\n".join(
        [
            table(("Metric", "This version", "Baseline", "Meaning"), scores),
            f"{_measured(info)} The baseline ignores the features; "
            "± is the standard deviation over the folds. " + _uncertainty(info),
            "Compared estimators, the kept one first:",
            table(("Estimator", *weight_column, f"{metric}, {better} is better", "Fit time"), entries),
        ]
    )


def _measured(info: VersionInfo) -> str:
    if info.registered and not info.registered.seen:
        return f"Measured with a clone of the pipeline on held-out rows, {held_out_rows(info)}."
    return evaluated_on(info) if info.registered else f"Measured on held-out rows, {held_out_rows(info)}."


def _uncertainty(info: VersionInfo) -> str:
    if info.registered and info.registered.seen:
        return "No interval is claimed, and nothing of its probabilities."
    if caveat := coverage_caveat(info):
        return f"Its prediction intervals (`lower`, `upper`) are conformal, from its errors on these rows. {caveat}"
    if info.coverage is not None and info.classes is None:
        return (
            "Its prediction intervals (`lower`, `upper`) are conformal, from its errors on these rows: they should "
            f"cover about {format_percent(info.coverage, nominal=True)} of true values."
        )
    if "temperature" in info.parameters:
        return "Its probabilities are calibrated by temperature scaling, which improved them on these rows."
    if info.registered and info.classes is not None:
        return "Its probabilities are those of the pipeline: they are not recalibrated."
    return "Its probabilities are those of the estimator: temperature scaling did not improve them."


def _subgroups(info: VersionInfo) -> list[str]:
    """Return the sections about subgroups of the held-out rows."""
    spots = "\n".join(f"- {text(sentence, 500)}" for sentence in weak_spots(info) or [NO_SLICES])
    sections = [f"## Where it is wrong\n\n{spots}\n\n{text(counted_on(info), 300)}"]
    if info.protected:
        groups = table(*protected_table(info))
        sections.append(f"## Groups by {text(info.protected.column)}\n\n{groups}\n\n{protected_note(info)}")
    return sections


def _importance(info: VersionInfo) -> str:
    unit = target_unit(info) if info.task is Task.REGRESSION else None
    rows = [(each.feature, with_spread(each.mean, each.std, unit)) for each in info.importance]
    ranking = table(("Feature", f"Increase of {SCORES[info.task]}"), rows)
    return (
        "Permutation importance: how much the score worsens when the values of a feature are shuffled. It does not "
        f"show cause and effect.\n\n{ranking}"
    )


def _limits(info: VersionInfo) -> str:
    sentences = [
        "Values outside the training values above are predicted with a warning.",
        "With `Prefer: handling=strict`, requests with such values are rejected.",
        "Contributions (`explain=true`) lead from the average prediction to that of a row, without cause and effect.",
        "Features that repeat each other share their contributions.",
        "The metrics hold for rows with the same distribution as the training table.",
        "Intervals and probabilities are not verified for rows unlike the training table: `reliable` is false.",
    ]
    if info.source and info.source.simulated:
        sentences.append("It was trained on simulated data: for trying mlapp out, not for conclusions.")
    return "\n".join(f"- {line}" for line in sentences + [text(warning, 1_000) for warning in info.warnings])


def _calls(info: VersionInfo, base_url: str, key: str | None) -> str:
    row = {feature.name: feature.example for feature in info.features}
    shell, program = (write(base_url, row, info.model, info.version, key) for write in (curl, python))
    return f"```sh\n{shell}\n```\n\nThe same in Python, with the client of the server:\n\n```python\n{program}\n```"


def _origin(info: VersionInfo) -> str:
    rows = [
        (
            "Registered" if info.registered else "Trained",
            f"{format_time(info.created_at)}, in {format_duration(info.training_seconds)}",
        ),
        *training_choices(info),
        ("Seed", str(info.seed)),
        *info.library_versions.items(),
        *((f"{info.estimator}: {name}", _value(value)) for name, value in info.parameters.items()),
    ]
    if info.registered:
        same = "The pipeline was fitted elsewhere, and is served as it was fitted."
        return f"{same}\n\n{table(('Property', 'Value'), rows)}"
    same = "The same table, options, seed and library versions give the same predictions."
    return f"{same}\n\n{table(('Property', 'Value'), rows)}"


def _capitalized(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _values(values: Sequence[Scalar]) -> str:
    more = ", …" if len(values) > MAX_CATEGORIES else ""
    return ", ".join(text(_value(value), 40) for value in values[:MAX_CATEGORIES]) + more


def _value(value: Scalar | None) -> str:
    return value if isinstance(value, str) else json.dumps(value)
