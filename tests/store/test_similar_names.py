"""The name that was probably meant."""

import pytest

from mlapp.store.models.similar_names import closest

KNOWN = ["churn", "house-prices", "titanic"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("chrun", "churn"),
        ("Churn", "churn"),
        ("house_prices", "house-prices"),
        ("Titanic ", "titanic"),
        ("sales", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_closest_name_is_found_if_it_is_similar(name: str, found: str | None):
    assert closest(name, KNOWN) == found


def test_closest_of_many_names_is_searched_nearby():
    known = [f"model-{number:05}" for number in range(10_000)]

    assert closest("model-05000x", known) == "model-05000"
