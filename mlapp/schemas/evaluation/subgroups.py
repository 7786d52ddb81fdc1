"""Subgroups of held-out rows: slices with large errors, claims that fail, and protected groups."""

from mlapp.schemas.types import OmitIfNone, Scalar, Schema


class Condition(Schema):
    """A condition on a column: one value, a range, or that the value is missing."""

    column: str
    """Name of the column."""
    value: OmitIfNone[Scalar] = None
    """The category or truth value."""
    above: OmitIfNone[Scalar] = None
    """Exclusive lower bound of a number or datetime; null for none."""
    up_to: OmitIfNone[Scalar] = None
    """Inclusive upper bound; null for none."""
    missing: OmitIfNone[bool] = None
    """True for missing values."""


class Slice(Schema):
    """Rows on which a version is significantly worse than elsewhere, found on other rows than those counted here."""

    conditions: list[Condition]
    """One or two conditions that hold for all of its rows."""
    rows: int
    """Number of held-out rows that confirm it."""
    error: float
    """Mean absolute error on them, in units of the target, or share that is classified wrongly."""
    elsewhere: float
    """The same on all other rows."""
    standard_error: float
    """Standard error of the difference."""


class UnmetClaim(Schema):
    """Rows on which a version claims significantly more than it keeps."""

    condition: Condition
    """What holds for all of these rows."""
    rows: int
    """Number of held-out rows."""
    claimed: float
    """Nominal coverage of the intervals, or mean probability of the predicted classes."""
    actual: float
    """Share of true values within their intervals, or of correct predictions."""
    standard_error: float
    """Standard error of the actual share."""


class Share(Schema):
    """A share of rows, or a mean over them."""

    value: float
    standard_error: float
    rows: int
    """Number of held-out rows that it is computed on."""


class ProtectedGroup(Schema):
    """How a version treats the held-out rows of a group."""

    condition: Condition
    """What holds for all rows of the group."""
    rows: int
    """Number of held-out rows."""
    error: Share
    """Mean absolute error, or share that is classified wrongly."""
    predicted_positive: OmitIfNone[Share] = None
    """Share predicted as the class of interest (two classes)."""
    true_positive_rate: OmitIfNone[Share] = None
    """Share of the class of interest that is predicted so; null without such rows."""
    false_positive_rate: OmitIfNone[Share] = None
    """Share of the other class that is predicted as the class of interest; null without such rows."""
    covered: OmitIfNone[Share] = None
    """Share of true values within their intervals (regression)."""


class ProtectedGroups(Schema):
    """How a version treats groups of rows by a protected column."""

    column: str
    """Name of the column, which need not be a feature."""
    positive: OmitIfNone[Scalar] = None
    """The class of interest (two classes)."""
    groups: list[ProtectedGroup]
    """Those with 10 held-out rows or more, the largest first."""
    left_out: int
    """Number of held-out rows in smaller groups."""
