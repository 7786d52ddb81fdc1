"""A table preview for the Train page: warnings with their columns, and options as the controls of the page."""

import re

from mlapp.errors import shorten
from mlapp.presentation.tables.reading import DATE_ORDERS, DECIMALS
from mlapp.schemas import TableColumn, TablePreview, Task

TASKS = {Task.CLASSIFICATION: "Categories", Task.REGRESSION: "Amounts"}
_LABELS: dict[str, dict[str, str]] = {
    "task": {task.value: text for task, text in TASKS.items()},
    "loss": {"absolute_error": "Medians, which outliers hardly change"},
    "decimal": {sign: text.partition(":")[0] for sign, text in DECIMALS.items()},
    "date_order": {order: text.partition(":")[0] for order, text in DATE_ORDERS.items()},
}
_OPTION = re.compile(
    r"(?:send |train with )?\b(task=(?:regression|classification)|loss=absolute_error|decimal=[.,]|date_order=[dmy]{3})"
)
_NOT_HERE = re.compile(r"; merge them by merge_values=.*(?=\.$)| \(such as encoding=[\w-]+\)", re.DOTALL)
"""What buttons and lists beside the sentences say."""


def in_words(text: str) -> str:
    """Return a sentence for API clients with the controls of the page instead of the options."""
    return _OPTION.sub(_choice, _NOT_HERE.sub("", text))


def for_page(found: TablePreview) -> TablePreview:
    """Return a preview whose columns have all warnings about them, and whose other warnings are about the table."""
    read_as = found.read_as
    shown = {*read_as.left_out, *read_as.warnings} if read_as else set()
    shown |= {f"'{shorten(column.name)}' {column.ignored}; it is left out." for column in found.columns}
    columns = []
    for column in found.columns:
        own = list(dict.fromkeys(column.warnings + [text for text in found.warnings if _is_about(column, text)]))
        shown.update(own)
        # A column that is left out has its reason.
        warnings = [] if column.ignored else [in_words(text) for text in own]
        columns.append(column.model_copy(update={"warnings": warnings}))
    return found.model_copy(
        update={
            "columns": columns,
            "read_as": read_as and read_as.model_copy(update={"warnings": [*map(in_words, read_as.warnings)]}),
            "error": found.error and in_words(found.error),
            "warnings": [in_words(text) for text in found.warnings if text not in shown],
        }
    )


def _is_about(column: TableColumn, text: str) -> bool:
    name = shorten(column.name)
    return text.startswith((f"Column '{name}' ", f"'{name}' ")) or (
        column.variants and f" in '{name}' differ only by case or spaces" in text
    )


def _choice(option: re.Match[str]) -> str:
    name, value = option[1].split("=")
    return f"choose '{_LABELS[name][value]}'"
