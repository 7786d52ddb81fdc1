"""Expected changes of a version whose table was only previewed."""

from typing import Any

from mlapp.schemas import ColumnType, Distribution, Feature, TableColumn, TablePreview, Task
from mlapp.services.models.expected_changes import expected_breaking
from tests.store.conftest import INFO


def column(name: str, kind: ColumnType = ColumnType.NUMBER, **changed: Any) -> TableColumn:
    return TableColumn(**({"name": name, "type": kind, "missing": 0, "distinct": 9, "examples": []} | changed))


def kinds(*names: str, others: int = 0) -> dict[str, Any]:
    """Return the distribution of a column with these values."""
    return {"distribution": Distribution(categories=[*names], counts=[1] * len(names), others=others)}


def breaking(target: TableColumn, *features: TableColumn, **changed: Any) -> list[str]:
    known = Feature(name="a", type=ColumnType.NUMBER, required=True, example=1.0)
    active = INFO.model_copy(update={"version": 3, "target": "y", "features": [known]} | changed)
    task = Task.CLASSIFICATION if target.type is ColumnType.CATEGORY else Task.REGRESSION
    preview = TablePreview(rows=9, columns=[*features, target], head=[], target=target.name, task=task)
    return expected_breaking(active, preview, [feature.name for feature in features])


def test_same_columns_break_nobody():
    assert breaking(column("y"), column("a"), column("b", missing=1)) == []


def test_further_column_without_gaps_is_needed():
    assert breaking(column("y"), column("a"), column("b")) == ["needs 'b', which version 3 does not"]


def test_other_target_and_task_break_callers():
    assert breaking(column("z"), column("a")) == ["predicts 'z' instead of 'y'"]
    (said,) = breaking(column("y", ColumnType.CATEGORY, **kinds("p", "q")), column("a"))
    assert said == "predicts classes instead of numbers"


def test_classes_are_compared_if_all_are_known():
    classes: dict[str, Any] = {"task": Task.CLASSIFICATION, "classes": ["p", "q"]}

    assert breaking(column("y", ColumnType.CATEGORY, **kinds("p", "r")), **classes) == ["class 'q' is gone"]
    assert breaking(column("y", ColumnType.CATEGORY, **kinds("p", others=3)), **classes) == []
    assert breaking(column("y", ColumnType.CATEGORY), **classes) == []


def test_table_without_a_target_is_not_compared():
    preview = TablePreview(rows=9, columns=[column("a")], head=[])

    assert expected_breaking(INFO, preview, ["a"]) == []
