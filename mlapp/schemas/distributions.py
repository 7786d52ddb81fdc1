"""Distributions of values: of table columns, training data and requests."""

from mlapp.schemas.types import Schema


class Distribution(Schema):
    """A histogram of a column. Either `edges` or `categories` is set."""

    edges: list[float] | None = None
    """Bin edges of a number, integer or datetime column (as days since 1970-01-01, UTC) or of the number of characters
    of a text, ascending; one more than bins. The outer bins include all values beyond them."""
    categories: list[str] | None = None
    """Values of a category or boolean column as in CSV, the most frequent first."""
    counts: list[int]
    """Number of values per bin or category."""
    others: int = 0
    """Number of values whose category is not listed."""
    missing: int = 0
    """Number of missing values."""

    @property
    def total(self) -> int:
        """Number of rows, including those with a missing value."""
        return sum(self.counts) + self.others + self.missing

    @property
    def tally(self) -> list[int]:
        """All counts: per bin or category, then of other categories and of missing values."""
        return [*self.counts, self.others, self.missing]

    def with_tally(self, tally: list[int]) -> "Distribution":
        """Return the same bins or categories with other counts; all are zero if the tally has other bins."""
        if len(tally) != len(self.counts) + 2:
            tally = [0] * (len(self.counts) + 2)
        *counts, others, missing = tally
        return self.model_copy(update={"counts": counts, "others": others, "missing": missing})


def add_tallies(tally: list[int], other: list[int]) -> list[int]:
    """Return the sum of two tallies over the same bins; the longer one if the bins differ."""
    if len(tally) != len(other):
        return max(tally, other, key=len)
    return [a + b for a, b in zip(tally, other, strict=True)]
