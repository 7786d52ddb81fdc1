"""Sentences about decisions: what the predictions of a version follow."""

from mlapp.errors import shorten
from mlapp.presentation.formats import format_number, format_percent
from mlapp.schemas import Decision, PredictResponse, Scalar, VersionInfo

MOST_PROBABLE = "The most probable value is predicted."
BY_COSTS = "The value of the lowest expected cost is predicted, by the costs of errors that are set for the model."

BOOLEANS = ("true", "false")


def class_name(label: Scalar | None) -> str:
    """Return the name of a class in a sentence."""
    return shorten(str(label).lower() if isinstance(label, bool) else str(label), 40)


def class_title(info: VersionInfo, label: Scalar | None) -> str:
    """Return the name of a class; codes, which say little alone, with the target: `survived = 1`."""
    return f"{shorten(info.target, 40)} = {class_name(label)}" if is_code(label) else class_name(label)


def is_code(label: Scalar | None) -> bool:
    """Return whether the name of a class says little without the target: a number, or a boolean."""
    name = class_name(label)
    return name.removeprefix("-").replace(".", "").isdecimal() or name in BOOLEANS


def decision_sentence(info: VersionInfo) -> str:
    """Return what the predictions of a version follow."""
    decision = info.decision
    if decision and info.threshold is not None:
        at_least = format_percent(info.threshold, nominal=info.threshold == decision.threshold)
        return (
            f"'{class_title(info, info.positive)}' is predicted from a probability of {at_least} on"
            f"{_reason(decision, info)}."
        )
    return BY_COSTS if decision and decision.costs and len(info.classes or []) > 2 else MOST_PROBABLE


def answer_note(info: VersionInfo, answer: PredictResponse) -> str:
    """Return why a row is predicted so if not as the most probable class, and which classes it may have else."""
    sentences = []
    classes = answer.sets[0] if answer.sets else []
    if classes and answer.predictions[0] != classes[0]:
        sentences.append(decision_sentence(info))
    if len(classes) > 1 and answer.coverage and info.coverage_verified:
        names = [class_title(info, label) for label in classes]
        share = format_percent(answer.coverage, nominal=True)
        sentences.append(f"In about {share} of such cases, it is {', '.join(names[:-1])} or {names[-1]}.")
    return " ".join(sentences)


def _reason(decision: Decision, info: VersionInfo) -> str:
    if decision.limit is not None:
        return f", so that at most {format_number(decision.limit)} of 1,000 rows are"
    missed, alarm = ((decision.costs or {}).get(kind) for kind in ("false_negative", "false_positive"))
    if isinstance(missed, float) and isinstance(alarm, float):
        name = class_title(info, info.positive)
        return f": a missed '{name}' costs {format_number(missed)}, a false alarm {format_number(alarm)}"
    return ", by the costs of errors that are set for the model" if decision.costs else ", as set by hand"
