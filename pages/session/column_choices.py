"""Choices per column, as training options: roles, types and merged spellings."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from mlapp.schemas import ColumnType, TableColumn

ROW_OPTIONS: dict[str, tuple[ColumnType, ...]] = {
    "time_column": (ColumnType.DATETIME, ColumnType.INTEGER, ColumnType.NUMBER),
    "group_column": tuple(ColumnType),
    "weight_column": (ColumnType.INTEGER, ColumnType.NUMBER),
    "protected_column": tuple(kind for kind in ColumnType if kind is not ColumnType.TEXT),
}
"""Options that name a column that says something about the rows, and the types of such columns."""
STILL_FEATURES = ("time_column", "protected_column")
"""Those whose column may be a feature, too."""
COLUMN_OPTIONS = ("target", "task", "positive", "features", "exclude", "types", "merge_values", *ROW_OPTIONS)


class Role(StrEnum):
    """What a column is used for."""

    TARGET = "Predict"
    FEATURE = "Use"
    IGNORED = "Ignore"


def leave_out(options: dict[str, Any], columns: Sequence[str]) -> None:
    """Change the options of a training so that it does not use some columns."""
    if features := options.get("features"):
        options["features"] = [name for name in features if name not in columns]
    else:
        options["exclude"] = list(dict.fromkeys([*options.get("exclude", []), *columns]))


class ColumnChoices:
    """Reads and changes the options `target`, `task`, `features`, `exclude`, `types` and `merge_values`."""

    def __init__(self, options: dict[str, Any], columns: Sequence[TableColumn] = ()) -> None:
        self.options, self.columns = options, columns

    @property
    def target(self) -> str | None:
        """The column to predict."""
        target: str | None = self.options.get("target")
        return target

    def role(self, column: TableColumn) -> Role:
        """Return the role of a column."""
        if column.name == self.target:
            return Role.TARGET
        if features := self.options.get("features"):
            return Role.FEATURE if column.name in features else Role.IGNORED
        return Role.IGNORED if column.ignored or self.is_excluded(column) else Role.FEATURE

    def is_excluded(self, column: TableColumn) -> bool:
        """Return whether the user left a column out."""
        features: list[str] = self.options.get("features") or [column.name]
        return column.name in self.options.get("exclude", []) or column.name not in features

    def set_role(self, column: TableColumn, role: Role) -> None:
        """Set the role of a column; a former target becomes a feature."""
        used = [each.name for each in self.columns if self.role(each) is Role.FEATURE and each.name != column.name]
        if role is Role.TARGET:
            if self.target and self.options.get("features"):
                used.append(self.target)
            self.options["target"] = column.name
            self.set_task(None)
        elif column.name == self.target:
            self.options["target"] = None
            self.set_task(None)
        exclude = [name for name in self.options.get("exclude", []) if name != column.name]
        if role is Role.IGNORED:
            exclude.append(column.name)
        forced = role is Role.FEATURE and column.ignored and not self.is_excluded(column)
        if forced or self.options.get("features"):
            self._set_features(used + [column.name] * (role is Role.FEATURE))
        else:
            self.options["exclude"] = exclude

    def set_type(self, column: TableColumn, kind: ColumnType | None) -> None:
        """Set the type of a column; None detects it."""
        types = {name: each for name, each in self.options.get("types", {}).items() if name != column.name}
        self.options["types"] = types | ({column.name: kind.value} if kind else {})
        if column.name == self.target:
            self.set_task(None)

    def set_task(self, task: str | None) -> None:
        """Set the task; None detects it. The value of interest is one of the classes of the task before."""
        self.options.update(task=task, positive=None)

    def row_options(self, column: TableColumn) -> list[str]:
        """Return the options that name a column."""
        return [option for option in ROW_OPTIONS if self.options.get(option) == column.name]

    def set_row_option(self, option: str, name: str | None) -> None:
        """Set an option that names a column; that of the groups or of the weights is no feature."""
        self.options[option] = name
        if option not in STILL_FEATURES and name in (self.options.get("features") or ()):
            self._set_features([each for each in self.options["features"] if each != name])

    def has_type(self, column: TableColumn) -> bool:
        """Return whether the user set the type of a column."""
        return column.name in self.options.get("types", {})

    def is_merged(self, column: TableColumn) -> bool:
        """Return whether the spellings of a column are merged."""
        return column.name in self.options.get("merge_values", [])

    def set_merged(self, column: TableColumn, *, merged: bool) -> None:
        """Merge the spellings of a column, or keep them apart."""
        others = [name for name in self.options.get("merge_values", []) if name != column.name]
        self.options["merge_values"] = others + [column.name] * merged

    def forget(self) -> None:
        """Forget all choices, as the columns may be others now."""
        for option in COLUMN_OPTIONS:
            self.options.pop(option, None)

    def _set_features(self, names: list[str]) -> None:
        """Set the features; without any, exclude all columns instead, as no features means all columns."""
        excluded = [] if names else [column.name for column in self.columns if column.name != self.target]
        self.options.update(features=names, exclude=excluded)
