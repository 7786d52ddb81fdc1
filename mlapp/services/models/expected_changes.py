"""Expected changes: what a version would change for callers, as far as a preview of its table tells."""

from collections.abc import Sequence

from mlapp import ml
from mlapp.schemas import ColumnType, Feature, Scalar, TableColumn, TablePreview, VersionInfo


def expected_breaking(active: VersionInfo, preview: TablePreview, features: Sequence[str]) -> list[str]:
    """Return what breaks callers of the active version if a version of the previewed table answers instead.

    Classes are compared only if the preview lists all of them.
    """
    columns = {column.name: column for column in preview.columns}
    target = columns.get(preview.target or "")
    if target is None or preview.task is None:
        return []
    expected = active.model_copy(
        update={
            "target": target.name,
            "target_read_as": target.read_as,
            "task": preview.task,
            "classes": _classes(target) or active.classes,
            "features": [_feature(columns[name]) for name in features],
        }
    )
    return ml.breaking_changes(active, expected, active.version)


def _classes(target: TableColumn) -> list[Scalar] | None:
    found = target.distribution
    if target.type is not ColumnType.CATEGORY or found is None or found.others or not found.categories:
        return None
    return [*found.categories]


def _feature(column: TableColumn) -> Feature:
    return Feature(
        name=column.name, type=column.type, required=not column.missing, example=None, read_as=column.read_as
    )
