"""What a model's quality looks like: small arrays, of rows held out, ready to be drawn."""

from mlapp.schemas.types import OmitIfNone, Schema


class PredictedActual(Schema):
    """Predicted against actual values of a sample of rows (regression), in units of the target."""

    actual: list[float]
    predicted: list[float]
    lower: list[float]
    """Lower ends of the rows' prediction intervals."""
    upper: list[float]
    """Upper ends of the rows' prediction intervals."""


class Histogram(Schema):
    """How many values lie in each of a row of equally wide bins; the outer bins hold what lies beyond them, too."""

    edges: list[float]
    """One more than bins, ascending."""
    counts: list[int]


class ConfusionMatrix(Schema):
    """How often each class was taken for which."""

    classes: list[str]
    """As the keys of `probabilities` spell them: all, or the 30 most frequent."""
    counts: list[list[int]]
    """Rows by actual class, one list each, in the order of `classes`; within it by predicted class."""
    others: int
    """Rows left out because their actual or predicted class is none of these."""


class ClassScore(Schema):
    """How well one class is told from the others."""

    name: str
    precision: float
    """Of the rows taken for this class, the share that is; 0 when there is none."""
    recall: float
    """Of the rows of this class, the share taken for it; 0 when there is none."""
    f1: float
    """Harmonic mean of precision and recall."""
    rows: int
    """Rows of this class among those held out."""


class RocCurve(Schema):
    """Shares of true and false alarms for one class against the rest, over all thresholds of its probability."""

    name: str
    false_positive_rate: list[float]
    true_positive_rate: list[float]
    area: float
    """Area under the curve: 0.5 by chance, 1 without an error."""


class CalibrationCurve(Schema):
    """Whether what is said with some probability comes true as often: a point for each tenth of the rows."""

    of: str | None
    """The class whose probability it is, where there are two; None: the most probable class of each row."""
    predicted: list[float]
    """Mean predicted probability."""
    observed: list[float]
    """Share of rows where it was so."""
    rows: list[int]


class Plots(Schema):
    """Plots of a model's quality, from predictions for rows it had not seen; those that do not apply are left out."""

    predicted_actual: OmitIfNone[PredictedActual] = None
    residuals: OmitIfNone[Histogram] = None
    """Actual less predicted value (regression), in units of the target."""
    confusion: OmitIfNone[ConfusionMatrix] = None
    classes: OmitIfNone[list[ClassScore]] = None
    """All classes, or the 30 most frequent."""
    roc: OmitIfNone[list[RocCurve]] = None
    """Of the second class where there are two, else of up to 10 of the most frequent."""
    calibration: OmitIfNone[CalibrationCurve] = None
