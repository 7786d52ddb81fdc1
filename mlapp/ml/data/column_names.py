"""Column names: which column of a table stands for a feature that is written a little differently."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from mlapp.schemas import Feature
from mlapp.tables.formats.json import absent_rows
from mlapp.tables.table import Table

SEPARATORS = r"[\s_.\-]+"
BETWEEN_LETTERS = re.compile(rf"(?<=[^\W\d_]){SEPARATORS}(?=[^\W\d_])")
BESIDE_DIGIT = re.compile(rf"(?<=[^\W\d_]){SEPARATORS}(?=\d)|(?<=\d){SEPARATORS}(?=[^\W\d_])")


@lru_cache(maxsize=10_000)
def _key(name: str) -> str:
    """Return what names have in common that differ in case, Unicode form or separators; digits stay apart."""
    folded = unicodedata.normalize("NFKC", name).casefold().strip()
    return BESIDE_DIGIT.sub("_", BETWEEN_LETTERS.sub("", folded))


def match_names(names: Iterable[str], features: Iterable[Feature]) -> dict[str, str]:
    """Return the name that stands for each feature which is not among the names.

    A name matches if it differs from the feature only in case, Unicode form, or spaces, `_`, `-` and `.` between
    letters, and if no other name and no other feature does.
    """
    given, known = set(names), {feature.name for feature in features}
    if known <= given:
        return {}
    extra = [name for name in names if name not in known]
    keys, known_keys = list(map(_key, extra)), list(map(_key, known))
    candidates = dict(zip(keys, extra, strict=True))
    return {
        name: candidates[key]
        for name in known - given
        if keys.count(key := _key(name)) == 1 and known_keys.count(key) == 1
    }


def with_feature_names(table: Table, features: Iterable[Feature]) -> tuple[Table, dict[str, str]]:
    """Return the table, and the columns that stand for features; records are matched one by one."""
    if table.records is None:
        return table, match_names(table.names, features)
    lacking = [feature for feature in features if feature.name in table.absent or feature.name not in table.names]
    if not lacking:
        return table, {}
    records, found = [], dict[str, str]()
    for record in table.records:
        matched = match_names(record, features)
        found |= matched
        records.append(record | {feature: record[name] for feature, name in matched.items()} if matched else record)
    if not found:
        return table, {}
    names = [*table.names, *(name for name in found if name not in table.names)]
    nested = table.nested | {feature: table.nested[name] for feature, name in found.items() if name in table.nested}
    absent = absent_rows(records, names)
    return Table(records=records, names=names, absent=absent, options=table.options, nested=nested), found
