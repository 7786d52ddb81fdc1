"""How much of a training is done."""

import pytest

from mlapp.ml.training.overall_progress import Work


def test_steps_share_what_is_left_by_their_size():
    seen: list[tuple[str, float]] = []
    work = Work(lambda stage, share: seen.append((stage, share)), "Reading", 0.2)

    work.expect(4)
    work.step("Small", 1)(0.5)
    work.step("Large", 3)(1.0)

    assert [stage for stage, _ in seen] == ["Reading", "Small", "Small", "Large", "Large"]
    assert [share for _, share in seen] == pytest.approx([0, 0.2, 0.3, 0.4, 1])


def test_work_that_falls_away_moves_nothing():
    seen: list[float] = []
    work = Work(lambda _, share: seen.append(share), "Reading", 0)

    work.expect(10)
    work.step("Trying", 5)(1.0)
    work.expect(1)
    work.step("Fitting", 1)(1.0)

    assert seen == pytest.approx([0, 0, 0.5, 0.5, 1])
