"""Which libraries made a model, and whether these here may load it."""

import platform
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version

from mlapp.ml.estimator_tree import parts

PACKAGES = ("scikit-learn", "numpy", "polars", "joblib")
DECISIVE = ("python", "scikit-learn")
"""A pickled model of another major.minor of these may load and answer wrongly."""


ALWAYS_THERE = frozenset({"mlapp", "sklearn", "numpy", "scipy", "joblib", "polars"}) | sys.stdlib_module_names
"""Modules of the app, and of what it cannot run without."""


def installed_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that every model is made with."""
    return dict(_versions())


def package_versions(fitted: object) -> dict[str, str]:
    """Return the versions of further packages that the classes and functions of a fitted estimator come from."""
    modules = {str(getattr(part, "__module__", "")).partition(".")[0] for part in parts(fitted)} - ALWAYS_THERE
    if not modules:
        return {}
    homes = packages_distributions()
    # A namespace such as `google` is shared by many packages, and does not tell which of them it is.
    found = {homes[module][0] for module in modules if len(set(homes.get(module, ()))) == 1}
    return {package: version(package) for package in sorted(found)}


def why_unusable(trained_with: dict[str, str]) -> str | None:
    """Return why a model trained with these versions is not loaded here, or None when it may be.

    Of packages of a fork's own, any version may load it.

    Source: scikit-learn user guide, "Model persistence": other versions are unsupported and inadvisable.
    """
    here = installed_versions()
    for name in DECISIVE:
        then, now = trained_with.get(name, "unknown"), here[name]
        if then.split(".")[:2] != now.split(".")[:2]:
            return f"It was trained with {name} {then}, and this is {name} {now}; train it again."
    for name, then in trained_with.items():
        if name not in here and not _installed(name):
            return (
                f"It was trained with {name} {then}, which is not installed here; "
                f"install {name}=={then} and start again, or train it again."
            )
    return None


@cache
def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    # Looked up once: a list of a thousand models asks for each of them, and files are read for the answer.
    return (("python", platform.python_version()), *((package, version(package)) for package in PACKAGES))
