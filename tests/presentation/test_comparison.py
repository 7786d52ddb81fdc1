"""What sets models apart."""

from typing import Any

import pytest

from mlapp.presentation.comparison import changes, comparable, differing, same_table
from mlapp.schemas import ColumnType, Feature, Model, Task
from tests.store.conftest import MODEL


def feature(name: str, kind: ColumnType = ColumnType.NUMBER, *, required: bool = True) -> Feature:
    return Feature(name=name, type=kind, required=required, example=None)


def model(version: int = 1, **changed: Any) -> Model:
    plain = {"estimator": "linear", "metrics": {"r2": 0.5}, "data_sha256": "a" * 64, "coverage": 0.9}
    return MODEL.model_copy(update={"version": version, "features": [feature("a")], **plain, **changed})


def classifier(classes: list[Any], **changed: Any) -> Model:
    shape: dict[str, Any] = {
        "task": Task.CLASSIFICATION,
        "classes": classes,
        "metrics": {"accuracy": 0.8},
        "coverage": None,
    }
    return model(**shape, **changed)


def lines(*models: Model) -> dict[str, tuple[str, ...]]:
    return {line.label: line.texts for line in differing(models)}


def best(*models: Model) -> dict[str, set[int]]:
    return {line.label: set(line.best) for line in differing(models) if line.best}


def test_changes_when_no_model_answers_say_what_this_one_predicts():
    assert changes(None, model(7)) == [
        "No model answers now. From then on model 7 does: it predicts y from 1 feature.",
    ]


def test_changes_between_alike_models_are_none_for_callers():
    assert changes(model(1), model(2)) == [
        "Callers send the same features and get the same kind of answer.",
        "R² stays at 0.5.",
    ]


def test_changes_of_the_target_name_both_and_compare_no_scores():
    said = changes(model(), classifier(["x", "y"], target="kind"))

    assert said == ["It predicts kind (classification) instead of y (regression)."]


def test_changes_of_the_classes_name_them():
    said = changes(classifier(["a", "b", 1]), classifier(["b", "c", True]))

    assert "It may also answer c." in said
    assert "It never answers a." in said


def test_changes_of_the_coverage_give_both():
    said = changes(model(), model(coverage=0.5))

    assert "Its intervals hold 50.0% of true values instead of 90.0%." in said


def test_changes_of_the_features_name_those_to_send_and_those_without_use():
    now = model(features=[feature("a", required=False), feature("b"), feature("c")])
    then = model(
        features=[feature("a"), feature("c", ColumnType.CATEGORY), feature("d"), feature("e", required=False)],
    )

    assert changes(now, then)[:4] == [
        "Callers must now send: a, d.",
        "Callers may now send: e.",
        "No longer used: b.",
        "Of another type: c (number → category).",
    ]


def test_changes_name_a_few_features_and_count_the_rest():
    then = model(features=[feature(f"f{number}" + "x" * 500) for number in range(6)])

    (said, *_) = changes(model(features=[]), then)

    assert said.endswith("… and 2 more.")
    assert len(said) < 600


@pytest.mark.parametrize(("new", "said"), [(0.6, "better"), (0.4, "worse")])
def test_changes_of_the_score_say_whether_it_is_better(new: float, said: str):
    assert changes(model(), model(metrics={"r2": new}))[1:] == [f"R² {new} instead of 0.5: {said}."]


def test_changes_warn_that_scores_of_other_tables_are_no_fair_comparison():
    said = changes(model(), model(data_sha256="b" * 64))

    assert said[-1] == "They were trained and judged on different tables, so these scores are no fair comparison."


def test_changes_without_scores_say_nothing_of_them():
    said = ["Callers send the same features and get the same kind of answer."]

    assert changes(model(metrics={}), model()) == said
    assert changes(model(), model(metrics={})) == said


def test_comparable_are_models_of_one_target_and_task():
    assert comparable([model(), model()])
    assert not comparable([model(), model(target="other")])
    assert not comparable([model(), classifier(["a", "b"])])


def test_same_table_is_told_by_its_hash():
    assert same_table([model(), model()])
    assert not same_table([model(), model(data_sha256="b")])


def test_differing_always_shows_what_each_of_them_has():
    shown = lines(model(rows=1_500, seed=3), classifier(["a", "b"], training_seconds=95.0))

    assert shown["Predicts"] == ("y (regression)", "y (classification)")
    assert shown["Estimator"] == ("linear", "linear")
    assert shown["Trained"] == ("2026-01-31 00:00 UTC",) * 2
    assert shown["Took"] == ("0 s", "2 min")
    assert shown["Rows"] == ("1,500", "0")
    assert shown["Table"] == ("a" * 12,) * 2
    assert shown["Features"] == ("1", "1")
    assert shown["Coverage of intervals"] == ("90.0%", "–")
    assert shown["Seed"] == ("3", "0")


def test_differing_shows_metrics_with_their_spread_and_marks_the_best():
    one = model(metrics={"r2": 0.5, "mae": 2.0, "rmse": 3.0}, spread={"r2": 0.01})
    two = model(metrics={"r2": 0.6, "mae": 2.5, "rmse": 3.00001})

    assert lines(one, two)["R²"] == ("0.5 ± 0.01", "0.6")
    assert best(one, two) == {"R²": {1}, "Mean error": {0}}


def test_differing_marks_all_that_are_equally_good_and_passes_over_those_without():
    models = [model(metrics={"r2": value} if value else {}) for value in (0.6, None, 0.6, 0.1)]

    assert lines(*models)["R²"] == ("0.6", "–", "0.6", "0.1")
    assert best(*models) == {"R²": {0, 2}}


def test_differing_marks_nothing_between_targets_that_are_not_the_same():
    assert best(model(), model(target="other", metrics={"r2": 0.9})) == {}


def test_differing_shows_only_parameters_that_differ():
    one = model(parameters={"alpha": 1.0, "kind": "ridge", "same": True, "no": None})
    two = model(parameters={"alpha": None, "depth": [1, 2], "kind": "ridge", "same": True})

    assert {label: texts for label, texts in lines(one, two).items() if label.startswith("Parameter")} == {
        "Parameter alpha": ("1", "–"),
        "Parameter depth": ("–", "[1, 2]"),
    }


def test_differing_shows_only_features_that_some_lack():
    one, two = model(features=[feature("a"), feature("b")]), model(features=[feature("c"), feature("a")])

    assert {label: texts for label, texts in lines(one, two).items() if label.startswith("Feature ")} == {
        "Feature b": ("yes", "–"),
        "Feature c": ("–", "yes"),
    }


def test_differing_counts_features_beyond_those_it_names():
    many = model(features=[feature(f"f{number}") for number in range(40)])

    shown = lines(many, model(features=[]))

    assert len([label for label in shown if label.startswith("Feature f")]) == 30
    assert shown["Of 10 more features"] == ("10", "0")
