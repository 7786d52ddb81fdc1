"""Outcomes: what a threshold does to the held-out rows of a version with two classes."""

from dataclasses import dataclass

from mlapp.schemas.decisions import ThresholdCurve


@dataclass(frozen=True)
class Outcome:
    """Counts of held-out rows from a threshold on; rows count by their weights."""

    threshold: float
    true_positives: float
    false_positives: float
    false_negatives: float
    true_negatives: float

    @property
    def rows(self) -> float:
        """All rows."""
        return self.true_positives + self.false_positives + self.false_negatives + self.true_negatives

    @property
    def share_positive(self) -> float:
        """Share of rows that are predicted as the class of interest."""
        return (self.true_positives + self.false_positives) / self.rows

    @property
    def precision(self) -> float | None:
        """Share of the rows predicted as the class of interest that are of it; None if there are none."""
        predicted = self.true_positives + self.false_positives
        return self.true_positives / predicted if predicted else None

    @property
    def recall(self) -> float | None:
        """Share of the rows of the class of interest that are predicted as such; None if there are none."""
        positives = self.true_positives + self.false_negatives
        return self.true_positives / positives if positives else None

    def cost(self, costs: list[list[float]]) -> float:
        """Return the mean cost of a row, from costs by actual and predicted class, that of interest last."""
        (correct, alarm), (missed, found) = costs
        negative = correct * self.true_negatives + alarm * self.false_positives
        return (negative + missed * self.false_negatives + found * self.true_positives) / self.rows


def outcomes(curve: ThresholdCurve) -> list[Outcome]:
    """Return the outcome of each threshold, ascending."""
    points = zip(curve.thresholds, curve.true_positives, curve.false_positives, strict=True)
    return [Outcome(at, true, false, curve.positives - true, curve.negatives - false) for at, true, false in points]


def outcome_at(curve: ThresholdCurve, threshold: float) -> Outcome:
    """Return the outcome of any threshold: that of the next higher one of the curve."""
    found = outcomes(curve)
    return next((each for each in found if each.threshold >= threshold), found[-1])
