"""Entry points of other packages, by which they offer estimators; nothing of them is imported here."""

from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

GROUP = "mlapp.estimators"
SETTING = "MLAPP_ESTIMATORS"
"""The setting that allows estimators of this group by name."""


def find_entry_point(name: str) -> EntryPoint | None:
    """Return the entry point of an estimator; of several packages with one of this name, the first one."""
    return next(iter(entry_points(group=GROUP, name=name)), None)


def find_entry_point_error(names: Sequence[str]) -> str | None:
    """Return why the estimators that a setting allows cannot be imported, as a sentence; None if they can.

    Errors that occur only on import are reported by each training.
    """
    for name in names:
        if (found := find_entry_point(name)) is None:
            offered = sorted(entry_points(group=GROUP).names)
            there = f"there are {', '.join(offered)}" if offered else "there are none"
            return f"{SETTING} allows '{name}', but no installed package has this entry point of {GROUP}; {there}."
        if find_spec(found.module.partition(".")[0]) is None:
            return f"{described(found)} cannot be imported: there is no module '{found.module}'; {remedy(name)}"
    return None


def described(found: EntryPoint) -> str:
    """Return what a sentence about an entry point begins with."""
    package = f" of the package {found.dist.name}" if found.dist else ""
    return f"The estimator '{found.name}'{package} ({found.value})"


def remedy(name: str) -> str:
    """Return what to do about an entry point that cannot be used, as the end of a sentence."""
    return f"repair its package, or take '{name}' out of {SETTING}, and restart."
