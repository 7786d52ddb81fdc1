"""The verdict on a version, the one that every page gives: too good, good, weak, or no better than its baseline."""

from dataclasses import dataclass
from enum import StrEnum

from mlapp import ml
from mlapp.errors import shorten
from mlapp.presentation.formats import format_count
from mlapp.presentation.metrics import MAIN_METRIC, format_metric
from mlapp.schemas import Task, VersionInfo, VersionSummary

MIN_GAIN = 0.03
"""Share of the baseline's error that a version has to avoid to be called better."""
GOOD_GAIN = 0.2
"""Share from which it is called good; below, it is weak."""
SUSPICIOUS = 0.995
"""R² or accuracy from which a column that gives the target away is likelier than a good version."""
MIN_AUC = 0.75
"""ROC AUC from which probabilities separate the classes."""
MAX_SUSPECTS = 4
"""Columns in a sentence; the others are counted."""
BASELINES = {
    Task.REGRESSION: "always predicting the average",
    Task.CLASSIFICATION: "always predicting the most frequent value",
}
SEEN = "These are rows that the pipeline may have been fitted on: they say little about new ones."


class Level(StrEnum):
    """How far a version can be relied on."""

    TOO_GOOD = "too good"
    GOOD = "good"
    WEAK = "weak"
    NO_BETTER = "no better"


@dataclass(frozen=True)
class Verdict:
    """What is said of a version."""

    level: Level
    phrase: str
    """A headline, without a full stop."""
    advice: str = ""
    """What that means and what to do; empty for a good version."""
    suspects: tuple[str, ...] = ()
    """The columns that seem to give the target away."""

    @property
    def is_doubtful(self) -> bool:
        """Whether the version should not be used as it is."""
        return self.level in {Level.TOO_GOOD, Level.NO_BETTER}


def verdict(info: VersionInfo | VersionSummary) -> Verdict:
    """Return the verdict on a version."""
    gain, phrase = _regression(info) if info.task is Task.REGRESSION else _classification(info)
    target = f"'{shorten(info.target, 40)}'"
    if not phrase:
        return _no_better(info, gain, target)
    if info.registered and info.registered.seen:
        return Verdict(Level.WEAK, f"May have been seen: {phrase[:1].lower()}{phrase[1:]}", SEEN)
    suspects = tuple(info.suspected_leaks)
    if suspects or (info.metrics[MAIN_METRIC[info.task]] >= SUSPICIOUS and gain >= 0.9):
        return _too_good(phrase, target, suspects)
    if gain >= GOOD_GAIN:
        return Verdict(Level.GOOD, phrase)
    return Verdict(Level.WEAK, phrase, f"Its columns say only a little about {target}; more of them could help.")


def other_warnings(info: VersionInfo) -> list[str]:
    """Return the warnings that the verdict does not give already."""
    suspects = verdict(info).suspects
    leaks = [f"Column '{shorten(name)}' alone predicts" for name in suspects]
    if len(suspects) > 1:
        leaks.append(f"Columns '{shorten(suspects[0], 40)}'")
    return [warning for warning in info.warnings if not warning.startswith(tuple(leaks))]


def _too_good(phrase: str, target: str, suspects: tuple[str, ...]) -> Verdict:
    if not suspects:
        how = f"{phrase[:1].lower()}{phrase[1:]}".partition(";")[0]
        advice = f"Check that no column restates {target} or is only known after it."
        return Verdict(Level.TOO_GOOD, f"Too good to be true: {how}", advice)
    more = len(suspects) - MAX_SUSPECTS
    names = [f"'{shorten(name, 40)}'" for name in suspects[:MAX_SUSPECTS]]
    names += [format_count(more, "more column")] if more > 0 else []
    several = len(names) > 1
    named = f"{', '.join(names[:-1])} and {names[-1]}" if several else names[0]
    given = f"{named} give{'' if several else 's'} {target} away"
    advice = (
        f"If {named} {'are' if several else 'is'} not known before {target} is, the model is of no use for new rows: "
        f"train without {'them' if several else 'it'}."
    )
    return Verdict(Level.TOO_GOOD, f"Too good to be true: {given}", advice, suspects)


def _no_better(info: VersionInfo | VersionSummary, gain: float, target: str) -> Verdict:
    better = "Worse than" if gain < -MIN_GAIN else "No better than"
    phrase, advice = f"{better} {BASELINES[info.task]}", f"Its columns say nothing about {target}: do not use it."
    ranks = info.metrics.get("roc_auc", 0) >= MIN_AUC and gain >= -MIN_GAIN
    if ranks and ml.beats_baseline(info.task, info.metrics, info.baseline):
        advice = f"One class of {target} is so frequent that it is always the likeliest: look at the probabilities."
        return Verdict(Level.WEAK, f"{phrase}, but its probabilities separate the classes", advice)
    return Verdict(Level.NO_BETTER, phrase, advice)


def _regression(info: VersionInfo | VersionSummary) -> tuple[float, str]:
    """Return how much better it is than the baseline, and a phrase; no phrase if it is no better."""
    error, baseline, r2 = info.metrics["mae"], info.baseline["mae"], info.metrics["r2"]
    gain = 1 - error / baseline if baseline else 0.0
    if gain < MIN_GAIN or not ml.beats_baseline(info.task, info.metrics, info.baseline):
        return min(gain, 0.0) if r2 < 0 else gain, ""
    unit = info.target_read_as.unit if isinstance(info, VersionInfo) and info.target_read_as else None
    off, by_baseline = (format_metric("mae", value, unit) for value in (error, baseline))
    return max(gain, r2), f"Off by {off} on average; {BASELINES[info.task]} is off by {by_baseline}"


def _classification(info: VersionInfo | VersionSummary) -> tuple[float, str]:
    accuracy, baseline = info.metrics["accuracy"], info.baseline["accuracy"]
    gain = (accuracy - baseline) / (1 - baseline) if baseline < 1 else accuracy - 1
    if gain < MIN_GAIN:
        return gain, ""
    correct, by_baseline = _cases(accuracy, baseline)
    return gain, f"{correct}; {BASELINES[info.task]} is correct in {by_baseline}"


def _cases(accuracy: float, baseline: float) -> tuple[str, str]:
    """Return both as counts of 100 cases, or of 1,000 or 10,000 if 100 do not tell them apart."""
    if accuracy == 1:
        return "Correct in every case", f"{format_count(round(baseline * 100))} of 100"
    of = next((of for of in (100, 1_000) if round(baseline * of) < round(accuracy * of) < of), 10_000)
    correct, by_baseline = (format_count(round(share * of)) for share in (accuracy, baseline))
    return f"Correct in {correct} of {format_count(of)} cases", by_baseline
