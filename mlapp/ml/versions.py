"""Which libraries made a model, and whether these here may load it."""

import platform
from functools import cache
from importlib.metadata import version

PACKAGES = ("scikit-learn", "numpy", "polars", "joblib")
DECISIVE = ("python", "scikit-learn")
"""A pickled model of another major.minor of these may load and answer wrongly."""


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that a model is made with."""
    return dict(_versions())


def why_unusable(trained_with: dict[str, str]) -> str | None:
    """Return why a model trained with these versions is not loaded here, or None when it may be.

    Source: scikit-learn user guide, "Model persistence": other versions are unsupported and inadvisable.
    """
    here = library_versions()
    for name in DECISIVE:
        then, now = trained_with.get(name, "unknown"), here[name]
        if then.split(".")[:2] != now.split(".")[:2]:
            return f"It was trained with {name} {then}, and this is {name} {now}; train it again."
    return None


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    # Looked up once: a list of a thousand models asks for each of them, and files are read for the answer.
    return (("python", platform.python_version()), *((package, version(package)) for package in PACKAGES))
