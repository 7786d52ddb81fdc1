"""The formats that tables come in."""

import pytest
from pydantic import ValidationError

from mlapp.schemas import Format, Submission


@pytest.mark.parametrize(
    ("header", "kind"),
    [("text/csv; charset=utf-8", Format.CSV), (" Application/JSON ", Format.JSON), ("text/html", None), ("", None)],
)
def test_media_type_names_a_format(header, kind):
    assert Format.of_media_type(header) is kind


@pytest.mark.parametrize(
    ("name", "kind"), [("a.b.CSV", Format.CSV), ("a.pq", Format.PARQUET), ("a.jsonl", Format.NDJSON), ("csv", None)]
)
def test_name_of_a_file_tells_its_format(name, kind):
    assert Format.of_file(name) is kind


@pytest.mark.parametrize("kind", Format)
def test_suffix_of_a_format_names_it(kind):
    assert Format.of_file(f"table{kind.suffix}") is kind


@pytest.mark.parametrize("sources", [{}, {"path": "a", "dataset": "wine"}])
def test_submission_has_one_source(sources):
    with pytest.raises(ValidationError, match="exactly one of path and dataset"):
        Submission(options={}, **sources)
