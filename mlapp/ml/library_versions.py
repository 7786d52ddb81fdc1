"""Library versions that a version was trained with, and whether the installed ones are compatible."""

import platform
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from types import MappingProxyType

from mlapp.ml.estimator_tree import parts

PACKAGES = ("scikit-learn", "numpy", "polars", "joblib")
MUST_MATCH = ("python", "scikit-learn")
"""A model pickled with another major or minor version of these may load and predict wrong values."""

REQUIRED_MODULES = frozenset({"mlapp", "sklearn", "numpy", "scipy", "joblib", "polars"}) | sys.stdlib_module_names
"""Top-level modules of the app, its required libraries and Python."""


@cache
def installed_versions() -> MappingProxyType[str, str]:
    """Return the versions of Python and of the libraries that all versions use."""
    # Cached because importlib.metadata reads files, and a list of a thousand versions checks each of them.
    return MappingProxyType({"python": platform.python_version()} | {name: version(name) for name in PACKAGES})


def package_versions(fitted: object) -> dict[str, str]:
    """Return the versions of the other packages whose classes or functions a fitted estimator contains."""
    modules = {str(getattr(part, "__module__", "")).partition(".")[0] for part in parts(fitted)} - REQUIRED_MODULES
    if not modules:
        return {}
    distributions = packages_distributions()
    # A namespace such as `google` belongs to many packages, so the right one is unknown.
    packages = {distributions[module][0] for module in modules if len(set(distributions.get(module, ()))) == 1}
    return {package: version(package) for package in sorted(packages)}


def unusable_reason(trained_with: dict[str, str]) -> str | None:
    """Return why a version trained with these libraries cannot be loaded, or None if it can.

    Packages that a fork adds have to be installed, in any version.

    Source: scikit-learn user guide, "Model persistence": other versions are unsupported and inadvisable.
    """
    installed = installed_versions()
    for name in MUST_MATCH:
        then, now = trained_with.get(name, "unknown"), installed[name]
        if then.split(".")[:2] != now.split(".")[:2]:
            return f"It was trained with {name} {then}, but {name} {now} is installed; train it again."
    for name, then in trained_with.items():
        if name not in installed and not _is_installed(name):
            return (
                f"It was trained with {name} {then}, which is not installed; "
                f"install {name}=={then} and restart, or train it again."
            )
    return None


@cache
def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
