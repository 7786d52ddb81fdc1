"""Distributions of values: of table columns, training data and requests."""

from mlapp.schemas.types import Schema


class Distribution(Schema):
    """A histogram of a column. Either `edges` or `categories` is set."""

    edges: list[float] | None = None
    """Bin edges of a number, integer or datetime column (as days since 1970-01-01, UTC), ascending; one more than bins.
    The outer bins include all values beyond them."""
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

    def plus(self, other: "Distribution | None") -> "Distribution":
        """Return the sum of two distributions over the same bins; of `self` only if the bins differ."""
        if other is None or len(other.counts) != len(self.counts):
            return self
        return self.model_copy(
            update={
                "counts": [a + b for a, b in zip(self.counts, other.counts, strict=True)],
                "others": self.others + other.others,
                "missing": self.missing + other.missing,
            }
        )

    def emptied(self) -> "Distribution":
        """Return a copy with all counts set to zero."""
        return self.model_copy(update={"counts": [0] * len(self.counts), "others": 0, "missing": 0})
