"""A table preview for the Train page."""

from typing import Any

import pytest

from mlapp.presentation.tables.preview import for_page, in_words
from mlapp.schemas import Format, ReadAs, TableColumn, TablePreview


def column(name: str, **changed: Any) -> TableColumn:
    return TableColumn(**{"name": name, "type": "category", "missing": 0, "distinct": 2, "examples": []} | changed)


def preview(*columns: TableColumn, **changed: Any) -> TablePreview:
    return TablePreview(**{"rows": 9, "columns": columns, "head": []} | changed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They are classes; send task=regression if not.", "They are classes; choose 'Amounts' if not."),
        ("Choose another, or task=classification.", "Choose another, or choose 'Categories'."),
        ("It is 1234; send decimal=, if that is wrong.", "It is 1234; choose 'Comma' if that is wrong."),
        ("Day first; send date_order=mdy if wrong.", "Day first; choose 'Month first' if wrong."),
        ("Name its encoding (such as encoding=windows-1251).", "Name its encoding."),
        ("'a', 'A' in 'x' differ; merge them by merge_values=x y.", "'a', 'A' in 'x' differ."),
        ("The column 'subtask=regression2' is empty.", "The column 'subtask=regression2' is empty."),
    ],
)
def test_options_are_named_as_the_controls_of_the_page(text: str, expected: str):
    assert in_words(text) == expected


def test_warnings_are_shown_once_and_with_their_column():
    spellings = "The spellings 'no', 'No' in 'b' differ only by case or spaces; merge them by merge_values=b."
    reading = ReadAs(format=Format.CSV, left_out=["Line 9 was left out."], warnings=["Ambiguous."])
    of_columns = ["Column 'a' is missing.", spellings, "'c' is empty; it is left out."]
    columns = [column("a", warnings=["Odd."]), column("b", variants=True), column("c", ignored="is empty")]

    found = for_page(
        preview(
            *columns,
            read_as=reading,
            warnings=[*reading.left_out, *reading.warnings, *of_columns, "5 rows are duplicates."],
        )
    )

    assert [each.warnings for each in found.columns] == [
        ["Odd.", "Column 'a' is missing."],
        ["The spellings 'no', 'No' in 'b' differ only by case or spaces."],
        [],
    ]
    assert found.warnings == ["5 rows are duplicates."]


def test_error_without_a_reading_is_in_words():
    found = for_page(preview(column("a"), error="Send more rows, or task=regression."))

    assert (found.error, found.read_as) == ("Send more rows, or choose 'Amounts'.", None)
