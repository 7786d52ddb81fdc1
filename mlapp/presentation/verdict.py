"""How good a model is, in one short phrase for people who know no metric."""

from mlapp import ml
from mlapp.schemas import Model, Task

HARDLY = 0.03
"""Less of the baseline's error that a model has to avoid to be called better."""
SUSPICIOUS = 0.995
"""Scores beyond which something that gives the answer away is likelier than a good model."""
CHECK = "suspiciously good, check that no feature gives the answer away"
FRACTIONS = {
    0.05: "a twentieth",
    0.1: "a tenth",
    0.2: "a fifth",
    0.25: "a quarter",
    1 / 3: "a third",
    0.4: "two fifths",
    0.5: "half",
    0.6: "three fifths",
    2 / 3: "two thirds",
    0.75: "three quarters",
    0.8: "four fifths",
    0.9: "nine tenths",
}


def verdict(model: Model) -> str | None:
    """Say how good a model is beside one that ignores the features; also when it is no better, or too good.

    None where the warnings of the model say that it is no better.
    """
    return _regression(model) if model.task is Task.REGRESSION else _classification(model)


def _regression(model: Model) -> str | None:
    if not _beats_baseline(model):
        return None
    off, blind, explained = model.metrics["mae"], model.baseline["mae"], model.metrics["r2"]
    gain = 1 - off / blind if blind else 0.0
    if gain < HARDLY:
        return f"{_no_better(gain)} always guessing the mean"
    if explained >= SUSPICIOUS:
        return f"Explains nearly all of what makes {model.target} vary – {CHECK}"
    if explained >= min(FRACTIONS):
        return f"Explains {_fraction(explained)} of what makes {model.target} vary"
    return f"{_fraction(gain).capitalize()} less error than always guessing the mean"


def _classification(model: Model) -> str | None:
    right, blind = model.metrics["accuracy"], model.baseline["accuracy"]
    gain = (right - blind) / (1 - blind) if blind < 1 else right - 1
    if gain < HARDLY and not _beats_baseline(model):
        return None
    if gain < HARDLY:
        ranks = model.metrics.get("roc_auc", 0) >= 0.75
        but = ", but its probabilities tell the cases apart" if ranks else ""
        return f"{_no_better(gain)} always answering the most frequent class{but}"
    cases = _cases(right, blind)
    if right >= SUSPICIOUS and gain >= 0.9:
        return f"{cases[0]} – {CHECK}"
    return f"{cases[0]}; always answering the most frequent class would be right in {cases[1]}"


def _beats_baseline(model: Model) -> bool:
    return ml.beats_baseline(model.task, model.metrics, model.baseline)


def _no_better(gain: float) -> str:
    if gain < -HARDLY:
        return "Worse than"
    return "Hardly better than" if gain > 0 else "No better than"


def _fraction(share: float) -> str:
    if share > 0.94:
        return "nearly all"
    return "about " + FRACTIONS[min(FRACTIONS, key=lambda known: abs(known - share))]


def _cases(right: float, blind: float) -> tuple[str, str]:
    """Return both in cases of 100, or of as many as it takes to tell them from each other and from all."""
    if right == 1:
        return "Right in all cases that it was tested on", f"{blind * 100:.0f} of 100"
    of = next((of for of in (100, 1_000) if round(blind * of) < round(right * of) < of), 10_000)
    return f"Right in {right * of:,.0f} of {of:,} cases", f"{blind * of:,.0f}"
