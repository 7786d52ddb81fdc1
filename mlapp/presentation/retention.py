"""Retention: which versions of a model are removed, and when."""

from collections.abc import Collection, Sequence

from mlapp.presentation.formats import format_count


def retention_rule(versions: Sequence[int], in_use: Collection[int | None], keep: int) -> str:
    """Return the rule for a model with these versions, newest first, and the version that goes next if one does.

    Those in use stay: the active one, and the one that a rollback would activate.
    """
    rule = f"The oldest of more than {format_count(keep)} are removed"
    # The next version takes one of the places.
    surplus = [version for version in versions[keep - 1 :] if version not in in_use]
    return (
        f"{rule}; version {surplus[-1]} is next." if surplus else f"{rule}; the active one and the one before it stay."
    )


def removal(version: int, versions: Sequence[int], active: int | None, previous: int | None, keep: int) -> str:
    """Return when a version of a model with these versions, newest first, is removed."""
    if version == active:
        return "It is kept as long as it is active."
    if version == previous:
        return "It is kept as long as a rollback leads to it."
    left = max(1, keep - sum(newer > version for newer in versions))
    after = "the next training" if left == 1 else f"{format_count(left)} more trainings"
    return f"The newest {format_count(keep)} versions are kept: unless activated, it is removed after {after}."
