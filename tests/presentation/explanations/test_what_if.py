"""What-if charts in words."""

from mlapp.presentation.explanations.what_if import unverified_parts, what_if_description
from mlapp.schemas import ColumnType, WhatIf
from tests.presentation.comparison.test_differences import info


def found(reliable: list[bool] | None, kind: ColumnType = ColumnType.NUMBER) -> WhatIf:
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    return WhatIf(feature="x", type=kind, values=values, predictions=values, reliable=reliable)


def test_unverified_parts_reach_to_the_verified_neighbours():
    parts = unverified_parts(found([False, True, True, False, False, True]))

    assert parts == [[{"xAxis": 1.0}, {"xAxis": 2.0}], [{"xAxis": 3.0}, {"xAxis": 6.0}]]
    assert unverified_parts(found(None)) == []


def test_description_says_what_is_not_verified():
    reliable = [True, True, True, True, True, False]

    assert "Grey parts are not verified" in what_if_description(info(), found(reliable))
    assert ". Not verified: the" in what_if_description(info(), found(reliable, ColumnType.CATEGORY))
    assert "verified" not in what_if_description(info(), found(None))
