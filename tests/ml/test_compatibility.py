"""Compatibility of versions: a table of what breaks callers, checked against what features really take."""

from typing import Any

import pytest

from mlapp.errors import Unacceptable
from mlapp.ml.compatibility import breaking_changes
from mlapp.ml.data.encoding import Encoder
from mlapp.schemas import ColumnFormat, ColumnType, Feature, Record, Scalar, Task
from mlapp.tables.table import Table
from tests.store.conftest import RECORD


def feature(kind: str, name: str = "x", *, required: bool = True, **read_as: Any) -> Feature:
    categories = ["a", "b"] if kind == "category" else None
    formats = ColumnFormat(**read_as) if read_as else None
    kinds = {"type": ColumnType(kind), "required": required, "example": None, "categories": categories}
    return Feature(name=name, read_as=formats, **kinds)


def version(*features: Feature, **changed: Any) -> Record:
    return RECORD.model_copy(update={"features": list(features)} | changed)


def classifier(*classes: Scalar, **changed: Any) -> Record:
    return version(task=Task.CLASSIFICATION, classes=list(classes), **changed)


NUMBER, INTEGER, BOOLEAN, CATEGORY, DATE, TEXT = map(feature, list(ColumnType))
OPTIONAL = feature("number", required=False)
EURO, DOLLAR = feature("number", unit="€"), feature("integer", unit="$")
KILOGRAMS, GRAMS, THOUSANDS, PERCENT = (feature("number", unit=unit) for unit in ("kg", "g", "k", "%"))
DURATION, MINUTES = feature("number", dates="duration"), feature("number", dates="duration_mm_ss")
DAY_FIRST, MONTH_FIRST = feature("datetime", dates="dmy"), feature("datetime", dates="mdy")
ISO, UNIX = feature("datetime", dates="ymd"), feature("datetime", dates="epoch_s")
BITS, WORDS = feature("boolean", words={"0": False, "1": True}), feature("boolean", words={"ja": True, "nein": False})
MARKED, USUAL = feature("number", missing=["-999", "n.v.", "NA"]), feature("number", missing=["NA", "?"])


BOTH = (True, False)


@pytest.mark.parametrize(
    ("active", "new", "changes"),
    [
        # What is predicted.
        (version(), version(), []),
        (version(), version(target="b"), ["predicts 'b' instead of 'y'"]),
        (version(), classifier(0, 1), ["predicts classes instead of numbers"]),
        (classifier(0, 1), version(), ["predicts numbers instead of classes"]),
        (classifier(0, 1), version(target="b"), ["predicts 'b' instead of 'y'"]),
        (version(), version(target_read_as=ColumnFormat(unit="kg")), ["predicts 'y' in kg instead of without a unit"]),
        (
            version(target_read_as=ColumnFormat(unit="€")),
            version(target_read_as=ColumnFormat(unit="$")),
            ["predicts 'y' in $ instead of in €"],
        ),
        (version(target_read_as=ColumnFormat(decimal=",")), version(), []),
        # A column of text takes the text of any value.
        (version(NUMBER), version(TEXT), []),
        (version(CATEGORY), version(TEXT), []),
        (version(TEXT), version(CATEGORY), []),
        (version(TEXT), version(NUMBER), ["takes a number in 'x', version 3 a text"]),
        # Classes.
        (classifier("no", "yes"), classifier("no", "yes"), []),
        (classifier("no", "yes"), classifier("maybe", "no", "yes"), []),
        (classifier("maybe", "no", "yes"), classifier("no", "yes"), ["class 'maybe' is gone"]),
        (classifier("x", "y", "z"), classifier("z", "w"), ["classes 'x', 'y' are gone"]),
        (classifier(*BOTH), classifier(1, 0), ["classes 'True', 'False' are gone"]),
        (classifier(*"abcdefgh"), classifier("h", "i"), ["classes 'a', 'b', 'c', 'd', 'e' and 2 more are gone"]),
        # Required features.
        (version(NUMBER), version(NUMBER), []),
        (version(NUMBER), version(), []),
        (version(), version(NUMBER), ["needs 'x', which version 3 does not"]),
        (version(OPTIONAL), version(NUMBER), ["needs 'x', which version 3 does not"]),
        (version(), version(OPTIONAL), []),
        (version(NUMBER), version(OPTIONAL), []),
        (version(), version(NUMBER, feature("datetime", "when")), ["needs 'x', 'when', which version 3 does not"]),
        (version(feature("number", "Body Mass")), version(feature("number", "body_mass")), []),
        (
            version(feature("number", "X1")),
            version(feature("number", "x_1")),
            ["needs 'x_1', which version 3 does not"],
        ),
        # Types.
        (version(INTEGER), version(NUMBER), []),
        (version(NUMBER), version(INTEGER), []),
        *((version(before), version(CATEGORY), []) for before in (NUMBER, INTEGER, BOOLEAN, CATEGORY, DATE, EURO)),
        (version(CATEGORY), version(NUMBER), ["takes a number in 'x', version 3 a text"]),
        (version(CATEGORY), version(BOOLEAN), ["takes true or false in 'x', version 3 a text"]),
        (version(CATEGORY), version(DATE), ["takes a date in 'x', version 3 a text"]),
        (version(BOOLEAN), version(INTEGER), ["takes a number in 'x', version 3 true or false"]),
        (version(BITS), version(INTEGER), ["takes a number in 'x', version 3 true or false"]),
        (version(BOOLEAN), version(DATE), ["takes a date in 'x', version 3 true or false"]),
        (version(NUMBER), version(BOOLEAN), ["takes true or false in 'x', version 3 a number"]),
        (version(INTEGER), version(BITS), ["takes true or false in 'x', version 3 a number"]),
        (version(INTEGER), version(UNIX), ["takes a date in 'x', version 3 a number"]),
        (version(UNIX), version(INTEGER), ["takes a number in 'x', version 3 a date"]),
        (version(DATE), version(BOOLEAN), ["takes true or false in 'x', version 3 a date"]),
        # Units of numbers.
        (version(EURO), version(EURO), []),
        (version(EURO), version(DOLLAR), ["takes 'x' in $ instead of in €"]),
        (version(DOLLAR), version(EURO), ["takes 'x' in € instead of in $"]),
        (version(NUMBER), version(EURO), []),
        (version(EURO), version(NUMBER), []),
        (version(NUMBER), version(PERCENT), ["takes 'x' in % instead of without a unit"]),
        (version(PERCENT), version(NUMBER), ["takes 'x' without a unit instead of in %"]),
        (version(NUMBER), version(THOUSANDS), ["takes 'x' in k instead of without a unit"]),
        (version(KILOGRAMS), version(GRAMS), ["takes 'x' in g instead of in kg"]),
        (version(NUMBER), version(DURATION), ["takes 'x' as a duration instead of without a unit"]),
        (version(DURATION), version(NUMBER), ["takes 'x' without a unit instead of as a duration"]),
        (version(DURATION), version(MINUTES), ["takes 'x' as minutes and seconds instead of as a duration"]),
        (version(feature("number", decimal=",")), version(NUMBER), []),
        # Dates.
        (version(ISO), version(DATE), []),
        (version(DATE), version(DAY_FIRST), []),
        (version(ISO), version(UNIX), []),
        (version(DAY_FIRST), version(DAY_FIRST), []),
        (version(DAY_FIRST), version(MONTH_FIRST), ["reads dates in 'x' as mdy instead of dmy"]),
        (version(DAY_FIRST), version(DATE), ["reads dates in 'x' as ymd instead of dmy"]),
        (version(UNIX), version(ISO), ["reads dates in 'x' as ymd instead of epoch_s"]),
        # Words and marks of missing values.
        (version(WORDS), version(BOOLEAN), []),
        (version(BITS), version(BOOLEAN), ["does not know '0', '1' in 'x', version 3 does"]),
        (version(BOOLEAN), version(BITS), []),
        (version(USUAL), version(NUMBER), []),
        (version(NUMBER), version(MARKED), []),
        (version(MARKED), version(NUMBER), ["does not know '-999', 'n.v.' in 'x', version 3 does"]),
    ],
)
def test_breaking_changes_are_named(active: Record, new: Record, changes: list[str]):
    assert breaking_changes(active, new, 3) == changes


def test_all_changes_are_named_but_hundreds_are_counted():
    names = [f"c{number}" for number in range(100)]
    active = version(*(feature("category", name) for name in names))
    new = version(*(feature("number", name) for name in names), NUMBER, target="b")

    changes = breaking_changes(active, new, 3)

    assert changes[:3] == [
        "predicts 'b' instead of 'y'",
        "needs 'x', which version 3 does not",
        "takes a number in 'c0', version 3 a text",
    ]
    assert (len(changes), changes[-1]) == (23, "80 more changes of how features are read")


FEATURES = {name: value for name, value in globals().items() if isinstance(value, Feature)}
VALUES: dict[str, list[Scalar | None]] = {
    "number": [1.5, 3, "2.5", None, "NA"],
    "integer": [7, 1.5, "7", None, "?"],
    "boolean": [True, False, "true", "yes", "nein", None],
    "category": ["a", "never seen", 3, True, "2024-01-31", None],
    "text": ["Never seen before.", 3, None],
    "datetime": ["2024-01-31", "2024-01-31T10:00:00Z", None],
    "€": ["5 €", "5"],
    "$": ["$5"],
    "kg": ["5 kg", "5 g", 5],
    "g": ["5 g", 5],
    "k": ["5k", 5],
    "%": ["5 %", 0.05],
    "duration": ["1:30:00", "90 min"],
    "duration_mm_ss": ["4:15"],
    "dmy": ["31/01/2024", "01/02/2024"],
    "mdy": ["01/31/2024", "01/02/2024"],
    "epoch_s": [1_700_000_000, "1700000000"],
    "0": ["0", "1"],
    "ja": ["ja", "nein"],
    "-999": ["-999", "n.v.", -999],
}
"""What callers send to a feature of a type, unit, date format, or with a word or mark."""


def callers_send(known: Feature) -> list[Scalar | None]:
    read_as = known.read_as or ColumnFormat()
    kinds = [known.type, read_as.unit, read_as.dates, *(read_as.words or ()), *(read_as.missing or ())]
    return [value for kind in kinds if kind for value in VALUES.get(kind, [])]


def encoded(known: Feature, value: Scalar | None) -> object:
    table = Table(records=[{"x": value}], names=["x"])
    return Encoder([known]).encode(table).tolist()


@pytest.mark.parametrize("before", FEATURES)
def test_versions_that_break_nothing_take_what_callers_send(before: str):
    active = FEATURES[before]
    taken = [(value, encoded(active, value)) for value in callers_send(active)]
    compatible = {name: new for name, new in FEATURES.items() if not breaking_changes(version(active), version(new), 3)}
    assert all(codes for _, codes in taken)
    for after, new in compatible.items():
        for value, codes in taken:
            found = encoded(new, value)
            assert found, (after, value)
            if new.type not in (ColumnType.CATEGORY, ColumnType.TEXT):
                assert str(found) == str(codes), (after, value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *(("CATEGORY", "NUMBER"), ("BOOLEAN", "INTEGER"), ("NUMBER", "BOOLEAN"), ("DATE", "NUMBER"), ("UNIX", "ISO")),
        *(
            ("EURO", "DOLLAR"),
            ("KILOGRAMS", "NUMBER"),
            ("DURATION", "NUMBER"),
            ("BITS", "BOOLEAN"),
            ("MARKED", "NUMBER"),
        ),
        ("DAY_FIRST", "DATE"),
    ],
)
def test_rules_follow_what_features_refuse(before: str, after: str):
    def send_all() -> None:
        for value in callers_send(FEATURES[before]):
            encoded(FEATURES[after], value)

    with pytest.raises(Unacceptable):
        send_all()
