"""Thresholds to choose from: what each does to held-out rows, as texts, and what changes for callers."""

from functools import cached_property
from typing import NamedTuple

from mlapp import ml
from mlapp.presentation.decisions.sentences import class_title
from mlapp.presentation.formats import format_count, format_number, format_percent
from mlapp.schemas import Decision, ModelPatch, ThresholdCurve, VersionInfo

DEFAULT = 0.5


class Figures(NamedTuple):
    """What a threshold does to held-out rows, as texts."""

    threshold: str
    found: str
    missed: str
    false_alarms: str
    left_alone: str
    precision: str
    recall: str
    share: str
    cost: str


class Thresholds:
    """The thresholds of a version with two classes."""

    def __init__(self, info: VersionInfo, curve: ThresholdCurve) -> None:
        """Take a version, and its threshold curve."""
        self.info, self.curve = info, curve
        self.positive = class_title(info, info.positive)
        self.negative = next(class_title(info, label) for label in info.classes or [] if label != info.positive)

    @cached_property
    def outcomes(self) -> "list[ml.Outcome]":
        """What each threshold does, ascending."""
        return ml.outcomes(self.curve)

    @property
    def current(self) -> int:
        """The index of the threshold that predictions follow now."""
        return self.index_of(DEFAULT if self.info.threshold is None else self.info.threshold)

    def index_of(self, threshold: float) -> int:
        """Return the index of the nearest threshold."""
        return min(range(len(self.outcomes)), key=lambda index: abs(self.outcomes[index].threshold - threshold))

    def found_by(self, decision: Decision) -> int:
        """Return the index of the threshold that a decision leads to."""
        return self.index_of(ml.find_threshold(self.info, decision) or DEFAULT)

    def figures(self, index: int, missed: float, alarm: float) -> Figures:
        """Return what a threshold does, with the costs of a missed row and of a false alarm."""
        outcome = self.outcomes[index]
        counts = (
            outcome.true_positives,
            outcome.false_negatives,
            outcome.false_positives,
            outcome.true_negatives,
        )
        found, lost, alarms, alone = (format_count(round(count)) for count in counts)
        return Figures(
            threshold_text(outcome.threshold),
            *(found, lost, alarms, alone),
            precision="–" if outcome.precision is None else format_percent(outcome.precision),
            recall="–" if outcome.recall is None else format_percent(outcome.recall),
            share=format_percent(outcome.share_positive),
            cost=format_number(1_000 * outcome.cost([[0, alarm], [missed, 0]])),
        )

    def changes(self, index: int, patch: ModelPatch) -> list[str]:
        """Return what changes for callers if predictions follow a threshold, one sentence each."""
        now, then = self.outcomes[self.current], self.outcomes[index]
        at, before = threshold_text(then.threshold), threshold_text(now.threshold)
        kept = {
            "costs": "New versions draw the line where it costs least on their own rows.",
            "limit": "New versions draw the line where the limit is kept on their own rows.",
            "threshold": "New versions draw the line at the same probability.",
        }
        chosen = next((name for name in kept if getattr(patch, name) is not None), None)
        rows = f"{format_count(round(1_000 * then.share_positive))} of 1,000 rows like those of the training table"
        changed = [
            f"'{self.positive}' is predicted from a probability of {at} on, until now {before}.",
            f"That is about {rows}, until now {format_count(round(1_000 * now.share_positive))}.",
        ]
        return [
            *(changed if now != then else [f"'{self.positive}' is still predicted from a probability of {at} on."]),
            "The probabilities in the answers stay as they are.",
            kept[chosen] if chosen else "New versions predict the most probable value, too.",
        ]


def threshold_text(threshold: float) -> str:
    """Return a threshold as a percentage."""
    return "over 100%" if threshold > 1 else format_percent(threshold, nominal=round(threshold, 2) == threshold)
