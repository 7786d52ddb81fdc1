"""Comparison of models: changes for clients, and the table of differences."""

from typing import Any

import pytest

from mlapp.presentation.comparison import changes, comparable, differences, same_table
from mlapp.schemas import ColumnType, Feature, Task, VersionInfo
from tests.store.conftest import MODEL


def feature(name: str, kind: ColumnType = ColumnType.NUMBER, *, required: bool = True) -> Feature:
    return Feature(name=name, type=kind, required=required, example=None)


def model(version: int = 1, **changed: Any) -> VersionInfo:
    plain = {"estimator": "linear", "metrics": {"r2": 0.5}, "data_sha256": "a" * 64, "coverage": 0.9}
    return MODEL.model_copy(update={"version": version, "features": [feature("a")], **plain, **changed})


def classifier(classes: list[Any], **changed: Any) -> VersionInfo:
    shape: dict[str, Any] = {
        "task": Task.CLASSIFICATION,
        "classes": classes,
        "metrics": {"accuracy": 0.8},
        "coverage": None,
    }
    return model(**shape, **changed)


def lines(*models: VersionInfo) -> dict[str, tuple[str, ...]]:
    return {line.label: line.texts for line in differences(models)}


def best(*models: VersionInfo) -> dict[str, set[int]]:
    return {line.label: set(line.best) for line in differences(models) if line.best}


def test_changes_without_an_active_model_name_the_target():
    (sentence,) = changes(None, model(7))

    assert "Model 7 predicts y from 1 feature" in sentence


def test_changes_between_equal_models_are_none():
    first, second = changes(model(1), model(2))

    assert "same features" in first
    assert second == "R² stays at 0.5."


def test_changes_of_the_target_name_both_without_scores():
    said = changes(model(), classifier(["x", "y"], target="kind"))

    assert said == ["It predicts kind (classification) instead of y (regression)."]


def test_changes_of_the_classes_name_them():
    said = changes(classifier(["a", "b", 1]), classifier(["b", "c", True]))

    assert any("New classes" in each and each.endswith(": c.") for each in said)
    assert any("no longer" in each and each.endswith(": a.") for each in said)


def test_changes_of_the_coverage_give_both():
    said = changes(model(), model(coverage=0.5))

    assert "50.0% of true values instead of 90.0%" in said[0]


def test_changes_of_the_features_name_required_optional_unused_and_retyped_ones():
    now = model(features=[feature("a", required=False), feature("b"), feature("c")])
    then = model(
        features=[feature("a"), feature("c", ColumnType.CATEGORY), feature("d"), feature("e", required=False)],
    )

    assert changes(now, then)[:4] == [
        "Clients must now send: a, d.",
        "Clients may now send: e.",
        "No longer used: b.",
        "Type changed: c (number → category).",
    ]


def test_changes_name_a_few_features_and_count_the_rest():
    then = model(features=[feature(f"f{number}" + "x" * 500) for number in range(6)])

    (said, *_) = changes(model(features=[]), then)

    assert said.endswith("… and 2 more.")
    assert len(said) < 600


@pytest.mark.parametrize(("new", "said"), [(0.6, "better"), (0.4, "worse")])
def test_changes_of_the_score_say_whether_it_is_better(new: float, said: str):
    assert changes(model(), model(metrics={"r2": new}))[1:] == [f"R² {new} instead of 0.5: {said}."]


def test_changes_warn_of_scores_on_different_tables():
    said = changes(model(), model(data_sha256="b" * 64))

    assert "not comparable" in said[-1]


def test_changes_without_scores_omit_them():
    assert len(changes(model(metrics={}), model())) == 1
    assert len(changes(model(), model(metrics={}))) == 1


def test_comparable_models_share_target_and_task():
    assert comparable([model(), model()])
    assert not comparable([model(), model(target="other")])
    assert not comparable([model(), classifier(["a", "b"])])


def test_same_table_compares_hashes():
    assert same_table([model(), model()])
    assert not same_table([model(), model(data_sha256="b")])


def test_differences_always_show_general_properties():
    shown = lines(model(rows=1_500, seed=3), classifier(["a", "b"], training_seconds=95.0))

    assert shown["Predicts"] == ("y (regression)", "y (classification)")
    assert shown["Estimator"] == ("linear", "linear")
    assert shown["Trained"] == ("2026-01-31 00:00 UTC",) * 2
    assert shown["Training time"] == ("0 s", "2 min")
    assert shown["Rows"] == ("1,500", "0")
    assert shown["Table"] == ("a" * 12,) * 2
    assert shown["Features"] == ("1", "1")
    assert shown["Interval coverage"] == ("90.0%", "–")
    assert shown["Seed"] == ("3", "0")


def test_differences_show_metrics_with_spread_and_mark_the_best():
    one = model(metrics={"r2": 0.5, "mae": 2.0, "rmse": 3.0}, spread={"r2": 0.01})
    two = model(metrics={"r2": 0.6, "mae": 2.5, "rmse": 3.00001})

    assert lines(one, two)["R²"] == ("0.5 ± 0.01", "0.6")
    assert best(one, two) == {"R²": {1}, "Mean error": {0}}


def test_differences_mark_ties_and_skip_missing_metrics():
    models = [model(metrics={"r2": value} if value else {}) for value in (0.6, None, 0.6, 0.1)]

    assert lines(*models)["R²"] == ("0.6", "–", "0.6", "0.1")
    assert best(*models) == {"R²": {0, 2}}


def test_differences_mark_nothing_for_different_targets():
    assert best(model(), model(target="other", metrics={"r2": 0.9})) == {}


def test_differences_show_only_parameters_that_differ():
    one = model(parameters={"alpha": 1.0, "kind": "ridge", "same": True, "no": None})
    two = model(parameters={"alpha": None, "depth": [1, 2], "kind": "ridge", "same": True})

    assert {label: texts for label, texts in lines(one, two).items() if label.startswith("Parameter")} == {
        "Parameter alpha": ("1", "–"),
        "Parameter depth": ("–", "[1, 2]"),
    }


def test_differences_show_only_features_that_some_lack():
    one, two = model(features=[feature("a"), feature("b")]), model(features=[feature("c"), feature("a")])

    assert {label: texts for label, texts in lines(one, two).items() if label.startswith("Feature ")} == {
        "Feature b": ("yes", "–"),
        "Feature c": ("–", "yes"),
    }


def test_differences_count_features_beyond_the_limit():
    many = model(features=[feature(f"f{number}") for number in range(40)])

    shown = lines(many, model(features=[]))

    assert len([label for label in shown if label.startswith("Feature f")]) == 30
    assert shown["Of 10 more features"] == ("10", "0")
