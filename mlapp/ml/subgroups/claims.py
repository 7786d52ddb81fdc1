"""Claims that fail: subgroups whose intervals or probabilities keep significantly less than they claim."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import t

from mlapp.ml.subgroups.conditions import Levels
from mlapp.ml.subgroups.means import Rows, mean_of
from mlapp.schemas import UnmetClaim

MIN_ROWS = 30
"""Rows of a subgroup."""
MIN_GAP = 0.03
"""By how much less is kept than claimed, at least."""
MAX_CLAIMS = 5
SIGNIFICANCE = 0.02
"""Probability that any subgroup is reported by chance, at most; divided by their number."""


def unmet_claims(levels: Sequence[Levels], kept: np.ndarray, claimed: np.ndarray, rows: Rows) -> list[UnmetClaim]:
    """Return the subgroups by one feature where less is kept than claimed, the largest gap first.

    Args:
        levels: Of each feature.
        kept: Whether the claim about each held-out row came true, (rows,).
        claimed: Probability of that, (rows,).
        rows: How the rows count.
    """
    tests = sum(each.size for each in levels)
    found = [
        claim
        for each in levels
        for index in range(each.size)
        if (claim := _unmet(each, index, kept, claimed, rows, SIGNIFICANCE / tests))
    ]
    return sorted(found, key=lambda claim: claim.actual - claim.claimed)[:MAX_CLAIMS]


def _unmet(  # noqa: PLR0913, PLR0917 - a subgroup, and what is claimed of it
    levels: Levels, index: int, kept: np.ndarray, claimed: np.ndarray, rows: Rows, significance: float
) -> UnmetClaim | None:
    among = levels.codes == index
    if among.sum() < MIN_ROWS:
        return None
    gap, overall = (mean_of(claimed - kept, part, rows) for part in (among, np.ones(len(kept), dtype=bool)))
    # Where all claims are too bold, no subgroup explains it.
    if gap.units < 2 or gap.value < MIN_GAP + max(0.0, overall.value):
        return None
    # Where all rows are kept or none is, the spread of the gap says nothing; the claimed one is a lower bound.
    spread = max(gap.standard_error, float(np.sqrt(np.mean(claimed[among] * (1 - claimed[among])) / gap.units)))
    if t.sf(gap.value / spread, gap.units - 1) > significance:
        return None
    actual, expected = mean_of(kept, among, rows), mean_of(claimed, among, rows)
    return UnmetClaim(
        condition=levels.conditions[index],
        rows=int(among.sum()),
        claimed=expected.value,
        actual=actual.value,
        standard_error=spread,
    )
