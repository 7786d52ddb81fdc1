"""Placement: which model gets a version, and whether it becomes active."""

from typing import Any

import pytest

from mlapp.schemas import ActivationPolicy, ColumnType, DataSource, KeptTask, ModelSettings, Record, Task, TrainOptions
from mlapp.services.placement import Placement, intended_model, kept_task, place
from mlapp.store import ModelStore
from tests.store.conftest import FILE, RECORD

SALES = DataSource(file="Q3 sales.xlsx")
OTHER = RECORD.model_copy(update={"target": "b", "source": SALES})
SAME = RECORD.model_copy(update={"source": SALES})
BREAKING = ["predicts 'b' instead of 'y'"]


def options(**given: Any) -> TrainOptions:
    return TrainOptions(target="y", **given)


def add(store: ModelStore, model: str, record: Record = RECORD, *, active: bool = True, demo: bool = False) -> None:
    store.add(model, FILE, record, activate_by="me" if active else None, demo=demo)


@pytest.mark.parametrize(
    ("given", "source", "name"),
    [
        ({"model": "churn"}, SALES, "churn"),
        ({}, DataSource(dataset="wine"), "wine"),
        ({}, SALES, "q3-sales"),
        ({}, DataSource(file="日本.csv"), "y"),
        ({}, None, "y"),
        ({"target": "日本"}, None, "model"),
        ({"target": None}, None, "model"),
    ],
)
def test_model_is_named_by_option_table_file_or_target(given: dict[str, str], source: DataSource | None, name: str):
    assert intended_model(TrainOptions(**({"target": "y"} | given)), source) == name


@pytest.mark.parametrize(("activate", "active"), [(None, True), ("auto", True), ("always", True), ("never", False)])
@pytest.mark.parametrize("given", [{}, {"model": "q3-sales"}])
def test_new_model_is_active_unless_asked_otherwise(
    store: ModelStore, given: dict[str, Any], activate: str | None, *, active: bool
):
    assert place(store, SAME, options(activate=activate, **given)) == Placement(
        "q3-sales", activate=active, replaces=None, breaking=[]
    )


@pytest.mark.parametrize(
    ("activation", "activate", "same", "other"),
    [
        ("auto", None, True, False),
        ("always", None, True, True),
        ("never", None, False, False),
        ("never", "auto", True, False),
        ("auto", "always", True, True),
        ("always", "never", False, False),
    ],
)
def test_option_overrules_the_policy_of_the_model(
    store: ModelStore, activation: str, activate: str | None, *, same: bool, other: bool
):
    add(store, "churn")
    store.update("churn", activation=ActivationPolicy(activation))
    given = options(model="churn", activate=activate)

    assert place(store, SAME, given) == Placement("churn", activate=same, replaces=1, breaking=[])
    assert place(store, OTHER, given) == Placement("churn", activate=other, replaces=1, breaking=BREAKING)


def test_version_that_breaks_callers_goes_to_another_model_unless_its_model_was_named(store: ModelStore):
    add(store, "q3-sales")
    assert place(store, SAME, options()) == Placement("q3-sales", activate=True, replaces=1, breaking=[])
    for activate in ("auto", "always"):
        assert place(store, OTHER, options(activate=activate)) == Placement(
            "q3-sales-2", activate=True, replaces=None, breaking=[]
        )
    add(store, "q3-sales-2", OTHER.model_copy(update={"target": "c"}))
    add(store, "q3-sales-3", OTHER)

    assert place(store, OTHER, options()) == Placement("q3-sales-3", activate=True, replaces=1, breaking=[])
    assert place(store, OTHER, options(model="q3-sales")) == Placement(
        "q3-sales", activate=False, replaces=1, breaking=BREAKING
    )


def test_further_names_are_not_longer_than_names_may_be(store: ModelStore):
    name = "a" * 63
    add(store, name)

    placement = place(store, OTHER.model_copy(update={"source": DataSource(file=name + ".csv")}), options())

    assert placement.model == "a" * 61 + "-2"
    add(store, placement.model)


def test_model_without_an_active_version_has_no_callers(store: ModelStore):
    add(store, "churn", active=False)

    assert place(store, OTHER, options(model="churn")) == Placement("churn", activate=True, replaces=None, breaking=[])


def test_unnamed_training_of_another_question_leaves_a_model_without_an_active_version(store: ModelStore):
    add(store, "q3-sales", active=False)

    assert place(store, OTHER, options()).model == "q3-sales-2"
    assert place(store, SAME, options()) == Placement("q3-sales", activate=True, replaces=None, breaking=[])


def test_damaged_active_version_has_no_callers(store: ModelStore):
    add(store, "churn")
    (store.folder / "models/churn/versions/1/record.json").write_bytes(b"")

    assert place(store, OTHER, options(model="churn")) == Placement("churn", activate=True, replaces=1, breaking=[])


def test_example_goes_to_no_model_of_somebody_else(store: ModelStore):
    example = RECORD.model_copy(update={"source": DataSource(dataset="machines")})
    add(store, "machines", demo=True)
    assert place(store, example, options(), demo=True) == Placement("machines", activate=True, replaces=1, breaking=[])

    add(store, "machines")

    assert place(store, example, options(), demo=True).model == "machines-2"


CLASSES = {"task": Task.CLASSIFICATION, "target_type": ColumnType.INTEGER, "classes": [0, 1], "source": SALES}
KEPT = KeptTask(Task.CLASSIFICATION, ColumnType.INTEGER)


def test_task_is_kept_by_models_that_predict_the_target(store: ModelStore):
    assert kept_task(store, options(), SALES) is None
    add(store, "q3-sales", OTHER)
    assert kept_task(store, options(), SALES) is None

    add(store, "q3-sales-2", RECORD.model_copy(update=CLASSES), active=False)

    assert kept_task(store, options(), SALES) == KEPT
    assert kept_task(store, options(model="q3-sales-2"), None) == KEPT
    assert kept_task(store, options(model="q3-sales"), None) is None


def test_task_of_a_damaged_version_is_not_kept(store: ModelStore):
    add(store, "q3-sales", RECORD.model_copy(update=CLASSES))
    (store.folder / "models/q3-sales/versions/1/record.json").write_bytes(b"")

    assert kept_task(store, options(model="q3-sales"), None) is None


class DeletingStore(ModelStore):
    """Loses a model as soon as its settings were read, as if another process deleted it."""

    def settings(self, model: str) -> ModelSettings:
        found = super().settings(model)
        ModelStore(self.folder).remove(model)
        return found


def test_model_that_is_deleted_meanwhile_has_no_callers(store: ModelStore):
    add(store, "q3-sales")

    placement = place(DeletingStore(store.folder), OTHER, options())

    # The store rejects it, as another version is active then, and the next attempt creates the model.
    assert placement == Placement("q3-sales", activate=True, replaces=1, breaking=[])
