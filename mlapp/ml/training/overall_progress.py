"""Overall progress of a training, weighted by the expected cost of its stages."""

from collections.abc import Callable

from mlapp.ml.progress import ProgressCallback

Report = Callable[[str, float], None]
"""Is called with the stage as text, and the share of the training that is done, 0–1, which never decreases."""


class OverallProgress:
    """Progress of a training in stages; the rest of the progress bar is divided by the remaining cost."""

    def __init__(self, report: Report, stage: str, share: float) -> None:
        """Start with a stage of unknown cost, which gets `share` of the bar."""
        self._report, self._share, self._remaining = report, share, 0.0
        report(stage, 0.0)

    def expect(self, cost: float) -> None:
        """Set the remaining cost, in the unit of the stages."""
        self._remaining = cost

    def start_stage(self, stage: str, cost: float) -> ProgressCallback:
        """Start a stage, and return its progress callback."""
        start, width = self._share, (1 - self._share) * min(1.0, cost / self._remaining)
        self._share, self._remaining = start + width, self._remaining - cost

        def on_progress(share: float) -> None:
            self._report(stage, min(1.0, start + width * share))

        on_progress(0.0)
        return on_progress
