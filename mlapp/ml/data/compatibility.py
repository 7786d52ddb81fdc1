"""Compatibility of versions: what callers of one version would notice if another one answered instead."""

from mlapp.schemas import Record


def breaking_changes(active: Record, new: Record, active_version: int) -> list[str]:
    """Return the changes that break callers of the active version, each a phrase such as "predicts 'b' instead of 'a'".

    Empty if every request that the active version answers is answered by the new one, in the same terms.
    """
    raise NotImplementedError
