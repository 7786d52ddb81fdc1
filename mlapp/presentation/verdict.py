"""The verdict on a version: one plain phrase that compares it with its baseline."""

from mlapp import ml
from mlapp.presentation.formats import format_count
from mlapp.presentation.metrics import MAIN_METRIC
from mlapp.schemas import Task, VersionInfo, VersionSummary

MIN_GAIN = 0.03
"""Share of the baseline's error that a version has to avoid to be called better."""
SUSPICIOUS = 0.995
"""R² or accuracy from which a leaking feature is likelier than a good version."""
LEAK_HINT = "suspiciously good: check that no feature leaks the target"
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


def verdict(info: VersionInfo | VersionSummary) -> str | None:
    """Return how a version compares with its baseline, or None if its warnings already say that it is no better."""
    return _regression(info) if info.task is Task.REGRESSION else _classification(info)


def is_suspicious(info: VersionInfo | VersionSummary) -> bool:
    """Return whether the scores of a version are too good to be trusted."""
    is_high = info.metrics.get(MAIN_METRIC[info.task], 0) >= SUSPICIOUS
    return is_high and (verdict(info) or "").endswith(LEAK_HINT)


def _regression(info: VersionInfo | VersionSummary) -> str | None:
    if not _beats_baseline(info):
        return None
    error, baseline, r2 = info.metrics["mae"], info.baseline["mae"], info.metrics["r2"]
    gain = 1 - error / baseline if baseline else 0.0
    if gain < MIN_GAIN:
        return f"{_no_better(gain)} always predicting the mean"
    if r2 >= SUSPICIOUS:
        return f"Explains nearly all of the variance of {info.target} – {LEAK_HINT}"
    if r2 >= min(FRACTIONS):
        return f"Explains {_fraction(r2)} of the variance of {info.target}"
    return f"{_fraction(gain).capitalize()} less error than always predicting the mean"


def _classification(info: VersionInfo | VersionSummary) -> str | None:
    accuracy, baseline = info.metrics["accuracy"], info.baseline["accuracy"]
    gain = (accuracy - baseline) / (1 - baseline) if baseline < 1 else accuracy - 1
    if gain < MIN_GAIN and not _beats_baseline(info):
        return None
    if gain < MIN_GAIN:
        ranks = info.metrics.get("roc_auc", 0) >= 0.75
        but = ", but its probabilities separate the classes" if ranks else ""
        return f"{_no_better(gain)} always predicting the most frequent class{but}"
    cases = _cases(accuracy, baseline)
    if accuracy >= SUSPICIOUS and gain >= 0.9:
        return f"{cases[0]} – {LEAK_HINT}"
    return f"{cases[0]}; always predicting the most frequent class is correct in {cases[1]}"


def _beats_baseline(info: VersionInfo | VersionSummary) -> bool:
    return ml.beats_baseline(info.task, info.metrics, info.baseline)


def _no_better(gain: float) -> str:
    if gain < -MIN_GAIN:
        return "Worse than"
    return "Hardly better than" if gain > 0 else "No better than"


def _fraction(share: float) -> str:
    if share > 0.94:
        return "nearly all"
    return "about " + FRACTIONS[min(FRACTIONS, key=lambda known: abs(known - share))]


def _cases(accuracy: float, baseline: float) -> tuple[str, str]:
    """Return both as counts of 100 cases, or of 1,000 or 10,000 if 100 do not tell them apart."""
    if accuracy == 1:
        return "Correct in all held-out cases", f"{format_count(round(baseline * 100))} of 100"
    of = next((of for of in (100, 1_000) if round(baseline * of) < round(accuracy * of) < of), 10_000)
    correct, by_baseline = (format_count(round(share * of)) for share in (accuracy, baseline))
    return f"Correct in {correct} of {format_count(of)} cases", by_baseline
