"""Column options: the columns that training options name, and the columns that become features."""

import re
from collections.abc import Iterator, Sequence

from mlapp.errors import Unacceptable, pointer, shorten
from mlapp.schemas import TrainOptions

OF_ROWS = {
    "group_column": "is the group column",
    "weight_column": "is the weight column",
}
"""Options that name a column which is no feature, and what the column is."""
INDEX_NAME = re.compile(
    r"(?i)(unnamed: ?\d+(\.\d+)*|(__)?(index|level)(_level)?(_\d+)?(__)?|rownames?|row(_| )?(number|nr|no|id)|#)"
)
"""Names that pandas, R and spreadsheets give to a column of row numbers."""
MAX_LISTED = 20
"""Columns of the table that an error lists."""


def check_columns(columns: Sequence[str], options: TrainOptions, left_out: Sequence[str] = ()) -> str:
    """Return the target, after checking that the table has every column that the options name.

    Columns that the reader left out, as the sentences in `left_out` say, may be excluded as well.

    Raises:
        Unacceptable: the target is not given, or an option names a column that is not in the table, or the target as
            a column of times, groups or weights, or as the protected one.
    """
    if options.target is None:
        raise Unacceptable("Say which column to predict: send the option 'target'.")
    known = ", ".join(f"'{shorten(name, 40)}'" for name in columns[:MAX_LISTED]) or "none"
    known += ", …" if len(columns) > MAX_LISTED else ""
    errors = [
        {"detail": f"There is no column '{shorten(name)}' in the table; there are {known}.", "pointer": where}
        for name, where in _named(options)
        if name not in columns and not (where.startswith("/exclude/") and _is_left_out(name, left_out))
    ]
    errors += [
        {
            "detail": f"The {what} column '{shorten(options.target)}' is the target; choose another column.",
            "pointer": pointer(f"{what}_column"),
        }
        for what in ("time", "group", "weight", "protected")
        if getattr(options, f"{what}_column") == options.target
    ]
    if errors:
        raise Unacceptable(errors[0]["detail"], errors)
    return options.target


def _is_left_out(name: str, sentences: Sequence[str]) -> bool:
    """Return whether the reader left a column out; an index may have no name in the file, but one in pandas."""
    is_index = bool(sentences) and (not name or bool(INDEX_NAME.fullmatch(name)))
    return is_index or any(f"'{shorten(name)}'" in sentence for sentence in sentences)


def _named(options: TrainOptions) -> Iterator[tuple[str, str]]:
    """Yield the columns that the options name, each with a pointer; `features` has sentences of its own."""
    for option in ("target", "time_column", "group_column", "weight_column", "protected_column"):
        if (name := getattr(options, option)) is not None:
            yield name, pointer(option)
    for option, names in (("exclude", options.exclude), ("merge_values", options.merge_values)):
        for index, name in enumerate(names):
            yield name, pointer(option, index)
    for name in options.types:
        yield name, pointer("types", name)


def of_rows(options: TrainOptions) -> dict[str, str]:
    """Return the columns that say something about the rows and are no features, and what they are."""
    return {name: what for option, what in OF_ROWS.items() if (name := getattr(options, option)) is not None}


def feature_names(columns: Sequence[str], target: str, options: TrainOptions) -> list[str]:
    """Return the columns that may become features: the chosen ones, or all but the target and excluded ones.

    Raises:
        Unacceptable: the target is chosen or excluded, or a chosen feature is given twice or not in the table.
    """
    if options.features is None:
        if target in options.exclude:
            raise _rejected(target, "exclude", options.exclude.index(target), "is the target")
        left_out = {target, *of_rows(options), *options.exclude}
        return [name for name in columns if name not in left_out]
    if options.exclude:
        detail = "Send 'features' or 'exclude', not both: the columns to use, or those to leave out."
        raise Unacceptable(detail, [{"detail": detail, "pointer": pointer("exclude")}])
    for index, name in enumerate(options.features):
        if name == target:
            raise _rejected(name, "features", index, "is the target")
        if name in of_rows(options):
            raise _rejected(name, "features", index, of_rows(options)[name])
        if name not in columns:
            raise _rejected(name, "features", index, "is not a column of the table")
        if name in options.features[:index]:
            raise _rejected(name, "features", index, "is given twice")
    return list(options.features)


def _rejected(name: str, option: str, index: int, reason: str) -> Unacceptable:
    detail = f"'{shorten(name)}' in '{option}' {reason}; remove it."
    return Unacceptable(detail, [{"detail": detail, "pointer": pointer(option, index)}])
