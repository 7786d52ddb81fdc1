"""Data for plots of a model's quality on held-out rows."""

from mlapp.schemas.types import OmitIfNone, Schema


class PredictedActual(Schema):
    """Predicted and actual values of a sample of held-out rows (regression), in units of the target."""

    actual: list[float]
    predicted: list[float]
    lower: list[float]
    """Lower ends of the prediction intervals."""
    upper: list[float]
    """Upper ends of the prediction intervals."""


class Histogram(Schema):
    """A histogram with bins of equal width. The outer bins include all values beyond them."""

    edges: list[float]
    """Bin edges, ascending; one more than bins."""
    counts: list[int]
    """Number of values per bin."""


class ConfusionMatrix(Schema):
    """Confusion matrix on held-out rows."""

    classes: list[str]
    """All classes, or the 30 most frequent, spelled as the keys of `probabilities`."""
    counts: list[list[int]]
    """One list per actual class, with the number of rows per predicted class, in the order of `classes`."""
    others: int
    """Number of rows whose actual or predicted class is not in `classes`."""


class ClassScore(Schema):
    """Precision, recall and F1 of one class."""

    name: str
    """Name of the class."""
    precision: float
    """Share of correct predictions among rows predicted as this class; 0 if there are none."""
    recall: float
    """Share of rows of this class that were predicted as such; 0 if there are none."""
    f1: float
    """Harmonic mean of precision and recall."""
    rows: int
    """Number of held-out rows of this class."""


class RocCurve(Schema):
    """Receiver operating characteristic of one class against the rest."""

    name: str
    """Name of the class."""
    false_positive_rate: list[float]
    true_positive_rate: list[float]
    area: float
    """Area under the curve: 0.5 is chance, 1 is perfect."""


class CalibrationCurve(Schema):
    """Calibration curve: predicted probability against observed frequency, one point per tenth of the rows."""

    of: str | None
    """The class whose probability is shown, if there are two; null: the most probable class of each row."""
    predicted: list[float]
    """Mean predicted probability per point."""
    observed: list[float]
    """Observed share of rows of that class per point."""
    rows: list[int]
    """Number of rows per point."""


class Plots(Schema):
    """Data for plots of the quality on held-out rows. Plots that do not apply to the task are omitted."""

    predicted_actual: OmitIfNone[PredictedActual] = None
    residuals: OmitIfNone[Histogram] = None
    """Histogram of actual minus predicted values (regression), in units of the target."""
    confusion: OmitIfNone[ConfusionMatrix] = None
    classes: OmitIfNone[list[ClassScore]] = None
    """Precision, recall and F1 of all classes, or of the 30 most frequent."""
    roc: OmitIfNone[list[RocCurve]] = None
    """ROC curve of the second of two classes, or of up to 10 of the most frequent classes."""
    calibration: OmitIfNone[CalibrationCurve] = None
