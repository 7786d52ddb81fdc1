"""How much of a training is done, by the work that it takes and not by the clock."""

from collections.abc import Callable

from mlapp.ml.progress import Done

Report = Callable[[str, float], None]
"""Takes the stage in words, and the share that is done, 0–1; the share never falls."""


class Work:
    """A training in steps of known size; what is left of the bar belongs to what is left of the work."""

    def __init__(self, report: Report, stage: str, share: float) -> None:
        """Begin with a step of unknown size, which gets `share` of the bar."""
        self._report, self._share, self._left = report, share, 0.0
        report(stage, 0.0)

    def expect(self, size: float) -> None:
        """Say how much work is left, in the unit of the steps."""
        self._left = size

    def step(self, stage: str, size: float) -> Done:
        """Begin a step, and return what takes its progress."""
        begin, part = self._share, (1 - self._share) * min(1.0, size / self._left)
        self._share, self._left = begin + part, self._left - size

        def done(share: float) -> None:
            self._report(stage, min(1.0, begin + part * share))

        done(0.0)
        return done
