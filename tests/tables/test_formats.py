"""Table formats: media types and suffixes."""

import pytest

from mlapp.schemas import Format


@pytest.mark.parametrize(
    ("header", "kind"),
    [("text/csv; charset=utf-8", Format.CSV), (" Application/JSON ", Format.JSON), ("text/html", None), ("", None)],
)
def test_format_is_known_by_the_media_type(header, kind):
    assert Format.of_media_type(header) is kind


@pytest.mark.parametrize(
    ("name", "kind"), [("a.b.CSV", Format.CSV), ("a.pq", Format.PARQUET), ("a.jsonl", Format.NDJSON), ("csv", None)]
)
def test_format_is_known_by_the_file_name(name, kind):
    assert Format.of_file(name) is kind


@pytest.mark.parametrize("kind", Format)
def test_suffix_of_a_format_names_it(kind):
    assert Format.of_file(f"table{kind.suffix}") is kind
