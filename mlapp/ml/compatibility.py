"""Compatibility of versions: what callers of one version would notice if another one answered instead."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from mlapp.errors import shorten
from mlapp.ml.data.column_names import match_names
from mlapp.schemas import ColumnFormat, ColumnType, Feature, Record, Scalar, Task
from mlapp.tables.columns.numbers.units import BARE, possible_units
from mlapp.tables.columns.texts.booleans import KNOWN
from mlapp.tables.columns.texts.inference import TEXTS
from mlapp.tables.columns.texts.marks import OTHER_MARKS

MAX_NAMED = 5
"""Names that a phrase lists."""
MAX_PHRASES = 20
"""Phrases about features that are read in another way; a table may have hundreds of them."""
NUMBERS = (ColumnType.NUMBER, ColumnType.INTEGER)
"""Either takes all numbers: one that is not whole is predicted, with a warning."""
ISO_DATES = (None, "ymd")
"""Formats of columns whose dates every column of dates takes."""
KINDS = {
    ColumnType.NUMBER: "a number",
    ColumnType.INTEGER: "a number",
    ColumnType.BOOLEAN: "true or false",
    ColumnType.CATEGORY: "a text",
    ColumnType.DATETIME: "a date",
    ColumnType.TEXT: "a text",
}
PLAIN = ColumnFormat()


def breaking_changes(active: Record, new: Record, active_version: int) -> list[str]:
    """Return the changes that break callers of the active version, each a phrase such as "predicts 'b' instead of 'a'".

    Empty if every request that the active version answers is answered by the new one, in the same terms: the same
    question, no further required features, the same types and units of values, all classes. The notation of numbers is
    not compared, as files are read by their own, and numbers of JSON have none.
    """
    return [
        *_question(active, new),
        *_required(active, new, active_version),
        *_read_otherwise(active, new, active_version),
    ]


def _question(active: Record, new: Record) -> Iterator[str]:
    """Yield changes of what is predicted."""
    if new.target != active.target:
        yield f"predicts '{shorten(new.target)}' instead of '{shorten(active.target)}'"
        return
    if new.task is not active.task:
        predicts = {Task.REGRESSION: "numbers", Task.CLASSIFICATION: "classes"}
        yield f"predicts {predicts[new.task]} instead of {predicts[active.task]}"
    elif new.task is Task.CLASSIFICATION:
        left = {_class_key(label) for label in new.classes or ()}
        gone = [str(label) for label in active.classes or () if _class_key(label) not in left]
        if gone:
            yield f"{'class' if len(gone) == 1 else 'classes'} {_listed(gone)} {'is' if len(gone) == 1 else 'are'} gone"
    else:
        yield from _unit_change("predicts", new.target, active.target_read_as, new.target_read_as)


def _class_key(label: Scalar) -> tuple[bool, Scalar]:
    """Return what differs between classes: in Python, 1 equals True."""
    return isinstance(label, bool), label


def _required(active: Record, new: Record, active_version: int) -> Iterator[str]:
    """Yield the features that rows need now, and did not need before."""
    pairs = _pairs(active, new)
    names = [name for name, (before, after) in pairs.items() if after.required and not (before and before.required)]
    if names:
        yield f"needs {_listed(names)}, which version {active_version} does not"


def _read_otherwise(active: Record, new: Record, active_version: int) -> list[str]:
    """Return how values are rejected, or read in another way, that callers send now."""
    found = [
        phrase
        for before, after in _pairs(active, new).values()
        if before
        for phrase in _feature_changes(before, after, active_version)
    ]
    more = len(found) - MAX_PHRASES
    return [*found[:MAX_PHRASES], f"{more:,} more changes of how features are read"] if more > 0 else found


def _pairs(active: Record, new: Record) -> dict[str, tuple[Feature | None, Feature]]:
    """Return each feature of the new version by its name, with the one of the active version that callers send."""
    known: Mapping[str, Feature] = {feature.name: feature for feature in active.features}
    names = match_names(known, new.features)
    return {feature.name: (known.get(names.get(feature.name, feature.name)), feature) for feature in new.features}


def _feature_changes(active: Feature, new: Feature, version: int) -> Iterator[str]:
    if new.type in TEXTS:
        # Takes the text of any value.
        return
    if KINDS[new.type] != KINDS[active.type]:
        yield f"takes {KINDS[new.type]} in '{shorten(new.name)}', version {version} {KINDS[active.type]}"
        return
    before, after = active.read_as or PLAIN, new.read_as or PLAIN
    if new.type in NUMBERS:
        yield from _unit_change("takes", new.name, before, after)
    elif new.type is ColumnType.DATETIME and before.dates not in (*ISO_DATES, after.dates):
        yield f"reads dates in '{shorten(new.name)}' as {after.dates or 'ymd'} instead of {before.dates}"
    missing = set(before.missing or ()) - OTHER_MARKS - set(after.missing or ())
    words = (
        set(before.words or ()) - KNOWN.keys() - (after.words or {}).keys() if new.type is ColumnType.BOOLEAN else ()
    )
    if rejected := sorted({*missing, *words}):
        yield f"does not know {_listed(rejected)} in '{shorten(new.name)}', version {version} does"


def _unit_change(verb: str, name: str, active: ColumnFormat | None, new: ColumnFormat | None) -> Iterator[str]:
    """Yield the change of the unit of a column of numbers; durations are seconds."""
    before, after = active or PLAIN, new or PLAIN
    is_other = before.unit != after.unit and (bool(before.unit and after.unit) or _scale(before) != _scale(after))
    if is_other or before.dates != after.dates:
        yield f"{verb} '{shorten(name)}' {_unit(after)} instead of {_unit(before)}"


def _scale(read_as: ColumnFormat) -> str | None:
    """Return the unit of numbers; None also for amounts such as `5 €`, which are 5 without a unit."""
    unit = possible_units("", read_as.unit)[0] if read_as.unit else BARE
    return None if unit.converts_to(BARE) and unit.size == 1 else read_as.unit


def _unit(read_as: ColumnFormat) -> str:
    if read_as.dates:
        return "as minutes and seconds" if read_as.dates == "duration_mm_ss" else "as a duration"
    return f"in {read_as.unit}" if read_as.unit else "without a unit"


def _listed(names: Sequence[str] | Collection[str]) -> str:
    """Return the first names in quotes."""
    first = ", ".join(f"'{shorten(name, 40)}'" for name in list(names)[:MAX_NAMED])
    return first if len(names) <= MAX_NAMED else f"{first} and {len(names) - MAX_NAMED:,} more"
