"""Sentences about the rows that a version is evaluated on: how they are held out, and what this is worth."""

import re

from mlapp.errors import shorten
from mlapp.presentation.formats import format_count, format_percent
from mlapp.presentation.markdown import text
from mlapp.schemas import Evaluation, PredictResponse, RowOption, Suggestion, VersionInfo

NOUNS = re.compile(
    r"(patient|subject|person|customer|client|user|member|household|machine|device|sensor|vehicle|engine|store|shop"
    r"|school|student|pupil|employee|driver|player|animal|plot|product|session|account|participant|donor|hospital|site"
    r"|house|car|team|author|seller|supplier|plant|station|region|state|district|family|city|company|country|facility)"
    r"(_?(id|nr|no|number|name))?"
)
"""Names of columns whose plural is known."""

EVALUATED = {
    Evaluation.CROSS_VALIDATION: "with five-fold cross-validation (stratified for classes) on up to 20,000 rows",
    Evaluation.HELD_OUT: "on 20,000 random held-out rows; the spread is over five parts of these",
    Evaluation.LATEST: "on the latest fifth of the rows by a time column, after fitting on the earlier ones",
    Evaluation.GROUPS: "with cross-validation by group: no group has both training and test rows",
    Evaluation.LATEST_GROUPS: (
        "on the latest fifth of the rows by a time column, after fitting on the earlier rows of other groups"
    ),
    Evaluation.SEEN: "on the rows of its table, which it may have been fitted on",
}


def plural(column: str) -> str:
    """Return what the values of a column are: `patients` for `patient` or `patient_id`, else `values of 'dept'`."""
    noun = NOUNS.fullmatch(column.strip().lower())
    if not noun:
        return f"values of '{shorten(column, 40)}'"
    word = noun[1]
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def action(suggestion: Suggestion) -> str:
    """Return the label of a button that follows a suggestion."""
    if suggestion.option == "group_column":
        return f"Judge on new {plural(suggestion.column)}"
    return "Judge on the latest rows"


def judged(option: RowOption, column: str) -> str:
    """Return how a version will be judged with an option, before it is trained."""
    if option == "group_column":
        return f"It will be judged on new {plural(column)}: all rows of one are on the same side of every split."
    return f"It will be judged on the latest fifth of the rows by '{shorten(column, 40)}', trained on the earlier ones."


def evaluated_on(info: VersionInfo) -> str:
    """Return which rows the metrics of a version are computed on."""
    latest = f"the latest fifth of the rows by '{shorten(info.time_column or 'time', 40)}'"
    groups = f"{format_count(info.held_out_groups or 0)} {plural(info.group_column or 'group')}"
    match info.evaluation:
        case Evaluation.LATEST:
            return f"Evaluated on {latest}, trained on the earlier ones."
        case Evaluation.GROUPS:
            return f"Evaluated on {groups} that training had not seen."
        case Evaluation.LATEST_GROUPS:
            return f"Evaluated on {latest}, of {groups} that training had not seen."
        case Evaluation.SEEN:
            return "Measured on rows that may have been seen: the pipeline cannot be fitted again, on other rows."
        case _:
            return "Measured on rows that were kept out of training."


def held_out_rows(info: VersionInfo) -> str:
    """Return how the rows that the metrics are computed on were chosen, in detail."""
    columns = " and ".join(text(name) for name in (info.time_column, info.group_column) if name)
    return EVALUATED[info.evaluation] + (f" (by {columns})" if columns else "")


def coverage_claim(info: VersionInfo, coverage: float) -> str:
    """Return how often an interval holds the true value."""
    caveat = coverage_caveat(info)
    return caveat or f"The true value lies in this interval in about {format_percent(coverage, nominal=True)} of cases."


def not_verified(answer: PredictResponse) -> str:
    """Return that the answer to a row is not verified; empty if it is."""
    if answer.reliable is None or answer.reliable[0]:
        return ""
    what = "interval" if answer.lower else "probability"
    return f"Not verified here: the training table has no rows like this one, so nobody knows how right this {what} is."


def coverage_caveat(info: VersionInfo) -> str:
    """Return why the coverage of intervals is not verified; empty if it is, or if there are none."""
    if info.coverage is None or info.classes is not None or info.coverage_verified:
        return ""
    by_time = info.evaluation in (Evaluation.LATEST, Evaluation.LATEST_GROUPS)
    why = "later rows may differ from these" if by_time else "the rows depend on each other, and were split at random"
    return f"The coverage of its intervals is not verified: {why}."
