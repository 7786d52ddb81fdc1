"""Sentences about subgroups of rows: where a version is wrong, where its claims fail, how protected groups fare."""

from mlapp.errors import shorten
from mlapp.presentation.formats import format_count, format_number, format_percent, format_value, with_spread
from mlapp.presentation.formats.numbers import PERCENT
from mlapp.presentation.sentences import target_unit, unit_of
from mlapp.schemas import Condition, Evaluation, ProtectedGroup, Scalar, Share, Slice, Task, UnmetClaim, VersionInfo

NO_SLICES = "No part of the table is clearly worse than the rest."
MAX_NAME = 40


def condition_text(info: VersionInfo, condition: Condition) -> str:
    """Return a condition, such as `age above 55`, `deck = C` or `cabin missing`."""
    name = shorten(condition.column, MAX_NAME)
    if condition.missing:
        return f"{name} missing"
    if condition.value is not None:
        value = str(condition.value).lower() if isinstance(condition.value, bool) else str(condition.value)
        return f"{name} = {shorten(value, MAX_NAME)}"
    unit = next((unit_of(feature) for feature in info.features if feature.name == condition.column), None)
    above, up_to = (_value(bound, unit) for bound in (condition.above, condition.up_to))
    if above and up_to:
        return f"{name} between {above} and {up_to}"
    if above or up_to:
        return f"{name} above {above}" if above else f"{name} up to {up_to}"
    return f"{name} known"


def slice_text(info: VersionInfo, part: Slice) -> str:
    """Return where a version is wrong, how often or by how much, and how that compares with all other rows."""
    where = " and ".join(condition_text(info, condition) for condition in part.conditions)
    rows = f"Among {format_count(part.rows, 'row')} with {where},"
    inside, outside = (_error(info, error) for error in (part.error, part.elsewhere))
    if info.task is Task.CLASSIFICATION:
        return f"{rows} it is wrong in {inside}; elsewhere, in {outside}."
    return f"{rows} it is off by {inside} on average; elsewhere, by {outside}."


def unmet_claim_text(info: VersionInfo, claim: UnmetClaim) -> str:
    """Return where intervals hold fewer true values than they should, or probabilities are too high."""
    rows = f"Among {format_count(claim.rows, 'row')} with {condition_text(info, claim.condition)},"
    actual = format_percent(claim.actual)
    if info.task is Task.REGRESSION:
        claimed = format_percent(claim.claimed, nominal=True)
        return f"{rows} its intervals hold the true value in {actual} of cases, not in {claimed}."
    return f"{rows} it is right in {actual} of cases, but expects {format_percent(claim.claimed)}."


def weak_spots(info: VersionInfo) -> list[str]:
    """Return where a version is wrong and where its claims fail, as sentences."""
    return [slice_text(info, part) for part in info.slices] + [
        unmet_claim_text(info, claim) for claim in info.unmet_claims
    ]


def worst_rows_hint(info: VersionInfo) -> str:
    """Return where single rows can be seen: records have none, as they are real rows."""
    return f"Predict a file that has the column '{shorten(info.target, MAX_NAME)}' to see the rows it gets most wrong."


def counted_on(info: VersionInfo) -> str:
    """Return which rows and predictions the findings are counted on: a line that was drawn later changes nothing."""
    seen = info.evaluation is Evaluation.SEEN
    rows = f"Counted on rows that {'may have been seen in' if seen else 'were kept out of'} training"
    if info.task is Task.REGRESSION:
        return f"{rows}."
    line = f", not with the line at {format_percent(info.threshold)}" if info.threshold is not None else ""
    return f"{rows}, with the most probable value as the prediction{line}."


def protected_table(info: VersionInfo) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a table of the protected groups, with standard errors; both may be empty."""
    if info.protected is None:
        return [], []
    is_class = info.task is Task.CLASSIFICATION
    columns = {
        "error": "Wrong" if is_class else "Mean error",
        "predicted_positive": f"Predicted {_class(info.protected.positive)}",
        "true_positive_rate": "True positive rate",
        "false_positive_rate": "False positive rate",
        "covered": "In the interval",
    }
    used = [name for name in columns if any(getattr(group, name) for group in info.protected.groups)]
    header = ["Group", "Held-out rows", *(columns[name] for name in used)]
    return header, [
        [
            condition_text(info, group.condition),
            format_count(group.rows),
            *(_share(info, group, name) for name in used),
        ]
        for group in info.protected.groups
    ]


def protected_note(info: VersionInfo) -> str:
    """Return how to read the table of the protected groups."""
    left_out = info.protected.left_out if info.protected else 0
    small = f" {format_count(left_out, 'row')} of groups with fewer than 10 are left out." if left_out else ""
    return f"{counted_on(info)} ± is the standard error.{small}"


def _share(info: VersionInfo, group: ProtectedGroup, name: str) -> str:
    share: Share | None = getattr(group, name)
    if share is None:
        return "–"
    is_error = name == "error" and info.task is Task.REGRESSION
    return with_spread(share.value, share.standard_error, target_unit(info) if is_error else PERCENT)


def _error(info: VersionInfo, error: float) -> str:
    return format_percent(error) if info.task is Task.CLASSIFICATION else format_number(error, target_unit(info))


def _value(bound: Scalar | None, unit: str | None) -> str:
    return "" if bound is None else format_value(bound, unit)


def _class(value: Scalar | None) -> str:
    return "" if value is None else shorten(str(value), MAX_NAME)
