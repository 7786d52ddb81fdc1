"""Library versions that a version was trained with, and whether the installed ones are compatible."""

import platform
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from types import MappingProxyType

from mlapp.errors import shorten
from mlapp.ml.estimator_tree import parts
from mlapp.schemas import Registered

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
    return versions_of(str(getattr(part, "__module__", "")) for part in parts(fitted))


def versions_of(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of the packages that modules belong to, without those that the app requires."""
    modules = {name.partition(".")[0] for name in names} - REQUIRED_MODULES
    if not modules:
        return {}
    distributions = packages_distributions()
    # A namespace such as `google` belongs to many packages, so the right one is unknown.
    packages = {distributions[module][0] for module in modules if len(set(distributions.get(module, ()))) == 1}
    return {package: version(package) for package in sorted(packages)}


def unusable_reason(trained_with: dict[str, str], registered: Registered | None = None) -> str | None:
    """Return why a version trained with these libraries cannot be loaded, or None if it can.

    Packages that a fork adds have to be installed, in any version, and the modules of a registered pipeline be there.

    Source: scikit-learn user guide, "Model persistence": other versions are unsupported and inadvisable.
    """
    installed, again = installed_versions(), "register" if registered else "train"
    for name in MUST_MATCH:
        then, now = trained_with.get(name, "unknown"), installed[name]
        if then.split(".")[:2] != now.split(".")[:2]:
            return f"It was trained with {name} {then}, but {name} {now} is installed; {again} it again."
    for name, then in trained_with.items():
        if name not in installed and not _is_installed(name):
            return (
                f"It was trained with {name} {then}, which is not installed; "
                f"install {name}=={then} and restart, or {again} it again."
            )
    for module in registered.imports if registered else ():
        if not _is_importable(module.partition(".")[0]):
            return (
                f"Its pipeline needs the module '{shorten(module)}', which is not here; put it beside the server's "
                "modules, or on PYTHONPATH, and restart."
            )
    return None


@cache
def _is_importable(module: str) -> bool:
    return find_spec(module) is not None


@cache
def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
