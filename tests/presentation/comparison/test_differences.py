"""Comparison of versions: changes for callers, and the table of differences."""

from typing import Any

import pytest

from mlapp.presentation.comparison.differences import (
    breaking_summary,
    changes,
    differences,
    parameter_differences,
)
from mlapp.schemas import ColumnType, DataSource, Feature, Task, VersionInfo
from tests.store.conftest import INFO


def feature(name: str, kind: ColumnType = ColumnType.NUMBER, *, required: bool = True) -> Feature:
    return Feature(name=name, type=kind, required=required, example=None)


ERRORS = {"mae": 2.0, "rmse": 3.0}


def info(version: int = 1, **changed: Any) -> VersionInfo:
    plain = {
        "estimator": "linear",
        "metrics": {"r2": 0.5} | ERRORS,
        "baseline": {"r2": 0.0, "mae": 4.0, "rmse": 6.0, "accuracy": 0.5, "log_loss": 0.7},
        "data_sha256": "a" * 64,
        "table_sha256": "b" * 64,
        "coverage": 0.9,
    }
    return INFO.model_copy(update={"version": version, "features": [feature("a")], **plain, **changed})


def classifier(classes: list[Any], **changed: Any) -> VersionInfo:
    shape: dict[str, Any] = {
        "task": Task.CLASSIFICATION,
        "classes": classes,
        "metrics": {"accuracy": 0.8, "log_loss": 0.4},
        "coverage": None,
    }
    return info(**shape, **changed)


def lines(*versions: VersionInfo) -> dict[str, tuple[str, ...]]:
    return {line.label: line.texts for line in differences(versions)}


def best(*versions: VersionInfo) -> dict[str, set[int]]:
    return {line.label: set(line.best) for line in differences(versions) if line.best}


def test_changes_without_an_active_version_name_the_target():
    (sentence,) = changes(None, info(7))

    assert "Version 7 predicts y from 1 column" in sentence


def test_changes_between_equal_versions_are_none():
    first, second = changes(info(1), info(2))

    assert "same columns" in first
    assert second == "R² stays at 0.500."


def test_changes_of_the_target_are_told_without_scores():
    said = changes(info(), classifier(["x", "y"], target="kind", breaking=["predicts 'kind' instead of 'y'"]))

    assert said == ["Predicts 'kind' instead of 'y'."]


def test_changes_that_break_callers_come_first():
    broken = info(features=[feature("a"), feature("b")], breaking=["needs 'b', which version 1 does not"])

    assert changes(info(), broken)[0] == "Needs 'b', which version 1 does not."


def test_breaking_summary_gives_a_few_reasons():
    assert breaking_summary("Version 4", 3, ["needs 'b'", "predicts 'y'"]) == (
        "Version 4 would break programs that use version 3: needs 'b'; predicts 'y'."
    )
    assert breaking_summary("It", 3, [*"abcdef"]).endswith("c; d; and 2 more.")


def test_changes_of_the_classes_name_new_ones():
    said = changes(classifier(["a", "b", 1]), classifier(["b", "c", True]))

    assert said[0] == "New classes: c."


def test_changes_of_the_coverage_give_both():
    said = changes(info(), info(coverage=0.5))

    assert "50% of true values instead of 90%" in said[0]


def test_changes_of_the_features_name_optional_unused_and_retyped_ones():
    now = info(features=[feature("a"), feature("b"), feature("c")])
    then = info(features=[feature("a"), feature("c", ColumnType.CATEGORY), feature("e", required=False)])

    assert changes(now, then)[:3] == [
        "Programs may now send: e.",
        "No longer used: b.",
        "Type changed: c (number → category).",
    ]


def test_changes_name_a_few_features_and_count_the_rest():
    now = info(features=[feature(f"f{number}" + "x" * 500) for number in range(6)])

    (said, *_) = changes(now, info(features=[]))

    assert said.endswith("… and 2 more.")
    assert len(said) < 600


@pytest.mark.parametrize(("new", "said"), [(0.6, "better"), (0.4, "worse")])
def test_changes_of_the_score_say_whether_it_is_better(new: float, said: str):
    assert changes(info(), info(metrics={"r2": new} | ERRORS))[1:] == [f"R² {new:.3f} instead of 0.500: {said}."]


def test_changes_do_not_call_a_score_on_another_table_better():
    said = changes(info(), info(metrics={"r2": 0.6} | ERRORS, data_sha256="x", table_sha256="y"))

    assert said[1] == "R² 0.600 instead of 0.500."
    assert "not comparable" in said[2]


def test_changes_say_that_a_version_is_too_good():
    good = info(metrics={"r2": 0.999, "mae": 0.1, "rmse": 0.2}, baseline={"mae": 5.0, "rmse": 6.0, "r2": 0.0})

    assert changes(info(), good)[-1].startswith("Too good to be true: off by 0.1 on average. Check that")


def test_changes_without_scores_omit_them():
    assert len(changes(info(metrics={}), info())) == 1
    assert len(changes(info(), info(metrics={}))) == 1


def test_differences_show_properties_most_of_them_only_where_they_differ():
    shown = lines(
        info(rows=1_500, seed=3, source=DataSource(file="q3.csv")), classifier(["a", "b"], training_seconds=95.0)
    )

    assert shown["Predicts"] == ("y (regression)", "y (classification)")
    assert shown["Estimator"] == ("Linear model", "Linear model")
    assert shown["Trained"] == ("2026-01-31 00:00 UTC",) * 2
    assert shown["Training time"] == ("0 s", "2 min")
    assert shown["Rows"] == ("1,500", "0")
    assert shown["Table"] == ("q3.csv (bbbbbbbb)", "– (bbbbbbbb)")
    assert shown["Columns"] == ("1", "1")
    assert shown["Interval coverage"] == ("90%", "–")
    assert shown["Seed"] == ("3", "0")
    assert lines(info(), info()).keys() == {
        "R²",
        "Average error",
        "RMSE",
        "Estimator",
        "Trained",
        "Training time",
        "Columns",
    }


def test_differences_show_metrics_with_spread_and_mark_the_best():
    one = info(metrics={"r2": 0.5, "mae": 2.0, "rmse": 3.0}, spread={"r2": 0.01})
    two = info(metrics={"r2": 0.6, "mae": 2.5, "rmse": 3.00001})

    assert lines(one, two)["R²"] == ("0.500 ± 0.010", "0.600")
    assert best(one, two) == {"R²": {1}, "Average error": {0}}


def test_differences_mark_ties_and_skip_missing_metrics():
    known = {"accuracy": 0.8, "log_loss": 0.4}
    areas: tuple[dict[str, float], ...] = ({"roc_auc": 0.9}, {}, {"roc_auc": 0.9}, {"roc_auc": 0.6})
    versions = [info(task=Task.CLASSIFICATION, metrics=known | area) for area in areas]

    assert lines(*versions)["ROC AUC"] == ("0.900", "–", "0.900", "0.600")
    assert best(*versions) == {"ROC AUC": {0, 2}}


def test_differences_mark_no_version_that_is_too_good():
    scores = {"r2": 0.9999, "mae": 0.001, "rmse": 0.001}
    leaking = info(metrics=scores, baseline={"r2": 0.0, "mae": 5.0, "rmse": 6.0})

    assert best(leaking, info()) == best(leaking, leaking) == {}
    assert best(leaking, info(), info(metrics={"r2": 0.4} | ERRORS)) == {"R²": {1}}


def test_differences_mark_nothing_where_scores_are_not_comparable():
    assert best(info(), info(target="other", metrics={"r2": 0.9} | ERRORS)) == {}
    assert best(info(), info(data_sha256="x", table_sha256="y", metrics={"r2": 0.9} | ERRORS)) == {}


def test_parameters_are_shown_that_all_versions_have_and_that_differ():
    one = info(parameters={"alpha": 1.0, "kind": "ridge", "layers": [1, 2], "same": True, "no": None})
    two = info(parameters={"alpha": None, "depth": 3, "kind": "ridge", "layers": [3], "same": True})

    assert [(row.label, row.texts) for row in parameter_differences([one, two])] == [
        ("alpha", ("1", "–")),
        ("layers", ("[1, 2]", "[3]")),
    ]


def test_differences_show_only_features_that_some_lack():
    one, two = info(features=[feature("a"), feature("b")]), info(features=[feature("c"), feature("a")])

    assert {label: texts for label, texts in lines(one, two).items() if label.startswith("Column ")} == {
        "Column b": ("yes", "–"),
        "Column c": ("–", "yes"),
    }


def test_differences_count_features_beyond_the_limit():
    many = info(features=[feature(f"f{number}") for number in range(40)])

    shown = lines(many, info(features=[]))

    assert len([label for label in shown if label.startswith("Column f")]) == 30
    assert shown["Of 10 more columns"] == ("10", "0")
