"""Retention: which versions of a model are removed, and when."""

from collections.abc import Sequence


def retention_rule(versions: Sequence[int], active: int | None, keep: int) -> str:
    """Return the rule for a model with these versions, newest first, and the version that goes next if one does."""
    rule = f"The oldest of more than {keep:,} are removed"
    # The next version takes one of the places.
    surplus = [version for version in versions[keep - 1 :] if version != active]
    return f"{rule}; version {surplus[-1]} is next." if surplus else f"{rule}; the active one stays."


def removal(version: int, versions: Sequence[int], active: int | None, keep: int) -> str:
    """Return when a version of a model with these versions, newest first, is removed."""
    if version == active:
        return "It is kept as long as it is active."
    left = max(1, keep - sum(newer > version for newer in versions))
    after = "the next training" if left == 1 else f"{left:,} more trainings"
    return f"The newest {keep:,} versions are kept: unless activated, it is removed after {after}."
