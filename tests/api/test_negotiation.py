"""Content negotiation by the Accept header."""

import pytest

from mlapp.api.negotiation import negotiate
from mlapp.schemas import Format

CSV, JSON, PARQUET = Format.CSV, Format.JSON, Format.PARQUET
OFFERED = (CSV, JSON, PARQUET)


@pytest.mark.parametrize(
    ("accept", "preferred"),
    [
        ("application/json", JSON),
        ("Application/JSON; charset=utf-8", JSON),
        ("text/csv;q=0.1, application/json;q=0.9", JSON),
        ("text/csv;q=0.1,application/json; Q=0.9", JSON),
        ("application/json;q=0.5, */*;q=0.8", CSV),
        ("text/*, application/json;q=0.9", CSV),
        ("application/*, text/csv;q=0.9", JSON),
        ("text/html, application/vnd.apache.parquet;q=0.9", PARQUET),
        ('application/json;profile="a,text/csv";q=0.9, text/csv;q=0.2', JSON),
    ],
)
def test_highest_weight_wins(accept: str, preferred: Format):
    assert negotiate([accept], OFFERED) is preferred


@pytest.mark.parametrize("accept", ["", " , ", "*/*", "text/html;q=0.9, */*;q=0.1", "application/json, text/csv"])
def test_tie_goes_to_the_first_one_offered(accept: str):
    assert negotiate([accept], OFFERED) is CSV


@pytest.mark.parametrize(
    ("accept", "preferred"),
    [
        ("text/csv;q=0, */*", JSON),
        ("*/*, text/*;q=0", JSON),
        ("text/csv;q=0.0, application/json;q=0, */*;q=0.1", PARQUET),
        ("*/*;q=0, text/csv", CSV),
    ],
)
def test_weight_of_zero_excludes(accept: str, preferred: Format):
    assert negotiate([accept], OFFERED) is preferred


@pytest.mark.parametrize("accept", ["text/html", "*/*;q=0", "application/json;q=0", "json", "*", "text/csv;q=0;q=1"])
def test_none_is_acceptable(accept: str):
    assert negotiate([accept], OFFERED) is None


@pytest.mark.parametrize("weight", ["", "high", "-1", "2", "nan", "inf", "1e9"])
def test_range_with_an_invalid_weight_is_ignored(weight: str):
    assert negotiate([f"application/json;q={weight}, application/vnd.apache.parquet;q=0.1"], OFFERED) is PARQUET


def test_lines_of_the_header_are_one_list():
    assert negotiate(["text/csv;q=0.5", "application/json"], OFFERED) is JSON


def test_without_the_header_everything_is_acceptable():
    assert negotiate([], OFFERED) is CSV
