"""Limits: slots and thread pools of predictions, small ones apart from those for tables."""

from dataclasses import dataclass, field

from mlapp.errors import Overloaded
from mlapp.services.admission import PREFETCH, Pool, Release, Slots
from mlapp.services.prediction.reading import PACKED, Body
from mlapp.services.prediction.versions.version_cache import use_one_thread

SMALL_BYTES = 100_000
"""Larger bodies have their own pool, so that single rows do not wait for them."""
SMALL_SLOTS, SMALL_SHARE = 1_200, 1_000
"""Maximum number of small requests in flight, and of those to one model. Rejecting one costs more than answering it:
with a limit of 256, 900 connections had a tenth of the throughput of 64."""
LARGE_SLOTS, LARGE_SHARE = 6, 5
"""Maximum number of large requests in flight, and of those to one model: one is predicted, and four are received or
sent."""
MAX_WAIT_S = 0.5
"""Small requests are rejected if they would wait longer than this for threads."""
MAX_EXPLAIN_WAIT_S = 5.0
"""Explanations are rejected if they would wait longer than this for their thread."""
WAITS = 3
"""How often a small request waits for a thread: it is read, encoded and predicted in calls of their own."""


@dataclass
class Limits:
    """One set for all models; a model takes neither all slots nor all threads."""

    small: Pool = field(default_factory=lambda: Pool("predict", 1, use_one_thread))
    large: Pool = field(default_factory=lambda: Pool("predict-bulk", PREFETCH, use_one_thread))
    explain: Pool = field(default_factory=lambda: Pool("explain", 1, use_one_thread))
    small_slots: Slots = field(default_factory=lambda: Slots(SMALL_SLOTS, "predictions", SMALL_SHARE))
    large_slots: Slots = field(default_factory=lambda: Slots(LARGE_SLOTS, "predictions for tables", LARGE_SHARE))

    def admit(self, size: int | None, model: str | None, queued: float) -> Release:
        """Acquire a slot for a request by the size of its body in bytes (None: unknown), and return its release.

        `queued` is the number of batches of the model that wait to be handed to the pool.

        Raises:
            Overloaded: too many requests are in flight, to all models or to this one.
        """
        if size is None or size > SMALL_BYTES:
            return self.large_slots.acquire(model)
        if not self.small.idle and WAITS * self.small.wait_s(model or "", queued) > MAX_WAIT_S:
            raise Overloaded("More predictions are requested than can be made in time; try again in a moment.")
        return self.small_slots.acquire(model)

    def admit_explanation(self, model: str) -> None:
        """Reject an explanation that would wait too long.

        Raises:
            Overloaded: too many explanations are in flight.
        """
        if self.explain.wait_s(model) > MAX_EXPLAIN_WAIT_S:
            raise Overloaded("More explanations are requested than can be made in time; try again in a moment.")

    def pool(self, body: Body) -> Pool:
        """Return the pool for a body."""
        is_small = len(body.data) <= SMALL_BYTES and not body.data.startswith(PACKED)
        return self.small if is_small else self.large

    def close(self) -> None:
        """Accept no more calls; pending ones are completed."""
        self.small.close()
        self.large.close()
        self.explain.close()
