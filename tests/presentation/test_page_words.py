"""Messages and names without words of the API."""

import pytest

from mlapp.ml.estimators import ESTIMATORS
from mlapp.presentation.estimators import estimator_name
from mlapp.presentation.page_words import on_page


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("There is no model yet; train one: POST /train.", "There is no model yet; train one."),
        ("Model 'x' has no version 3; GET /models/x/versions lists what it has.", "Model 'x' has no version 3."),
        ("The Dask cluster (MLAPP_DASK) was lost.", "The Dask cluster was lost."),
        ("Row 0, feature 'age': 'x' is not a number.", "'age': 'x' is not a number."),
        ("Row 0 lacks the feature 'age'; send its value, or null if it is not known.",
         "The row lacks the feature 'age'; leave its field empty if it is not known."),
        ("There is no column 'y'.", "There is no column 'y'."),
    ],
)  # fmt: skip
def test_messages_on_pages_have_no_words_of_the_api(message: str, text: str):
    assert on_page(message) == text


def test_estimators_have_names_for_people():
    assert all("_" not in estimator_name(name) for name in ESTIMATORS)
    assert estimator_name("hist_gradient_boosting") == "Gradient boosting"
    assert estimator_name("my_forest") == "My forest"
