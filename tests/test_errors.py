"""Expected errors."""

import inspect
import pickle

import pytest

from mlapp import errors
from mlapp.errors import MlappError, Unacceptable, pointer, shorten

EXPECTED = MlappError.__subclasses__()


@pytest.mark.parametrize("kind", EXPECTED)
def test_status_of_every_error_is_in_the_module_docstring(kind):
    line = next(line for line in inspect.cleandoc(errors.__doc__ or "").splitlines() if kind.__name__ in line)

    assert kind.status >= 400
    assert str(kind.status) in line.split()


@pytest.mark.parametrize("kind", [kind for kind in EXPECTED if kind.status in {429, 503}])
def test_temporary_error_has_retry_after(kind):
    assert kind.retry_after_s > 0


@pytest.mark.parametrize("kind", EXPECTED)
def test_error_survives_pickling(kind):
    error = kind("Send less.", [{"detail": "too much", "pointer": "/records"}])

    arrived = pickle.loads(pickle.dumps(error))

    assert (type(arrived), arrived.detail, arrived.errors, str(arrived)) == (
        kind,
        error.detail,
        error.errors,
        error.detail,
    )


def test_first_hundred_places_are_reported():
    places = [{"detail": "bad", "pointer": pointer("records", row)} for row in range(150)]

    assert Unacceptable("Bad.", places).errors == places[:100]


@pytest.mark.parametrize(
    ("parts", "found"), [((), ""), (("records", 0, "a/b~c"), "/records/0/a~1b~0c"), (("", " "), "// ")]
)
def test_pointer_is_escaped(parts, found):
    assert pointer(*parts) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain", "plain"),
        (12, "12"),
        ("a\nb\x00\ud800", "a�b��"),
        ("é" * 80, "é" * 80),
        ("é" * 81, "é" * 80 + "…"),
    ],
)
def test_user_text_is_made_fit_for_a_sentence(text, found):
    assert shorten(text) == found
