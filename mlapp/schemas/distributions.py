"""How values lie: of a table's columns, of what a model was trained on, of what it is asked."""

from mlapp.schemas.types import Schema


class Distribution(Schema):
    """How many values of a column lie where: small enough to be kept with a model, and to be drawn.

    It has either `edges` or `categories`.
    """

    edges: list[float] | None = None
    """Of numbers, integers and datetimes (as days since 1970-01-01, UTC): one more than bins, ascending. The outer
    bins hold what lies beyond them, too."""
    categories: list[str] | None = None
    """Of categories and booleans, as a CSV spells them, the most frequent first."""
    counts: list[int]
    """Values in each bin, or of each category."""
    others: int = 0
    """Values of categories that are not listed."""
    missing: int = 0
    """Rows without a value."""

    @property
    def total(self) -> int:
        """Rows in all."""
        return sum(self.counts) + self.others + self.missing

    def plus(self, other: "Distribution | None") -> "Distribution":
        """Return how these values lie together with others that were counted in the same bins."""
        if other is None or len(other.counts) != len(self.counts):
            return self
        return self.model_copy(
            update={
                "counts": [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)],
                "others": self.others + other.others,
                "missing": self.missing + other.missing,
            }
        )

    def emptied(self) -> "Distribution":
        """Return the same bins with nothing in them."""
        return self.model_copy(update={"counts": [0] * len(self.counts), "others": 0, "missing": 0})
