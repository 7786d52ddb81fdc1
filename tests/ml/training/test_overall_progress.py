"""Overall progress of a training."""

import pytest

from mlapp.ml.training.overall_progress import OverallProgress


def test_stages_divide_the_bar_by_their_cost():
    seen: list[tuple[str, float]] = []
    progress = OverallProgress(lambda stage, share: seen.append((stage, share)), "Reading", 0.2)

    progress.expect(4)
    progress.start_stage("Small", 1)(0.5)
    progress.start_stage("Large", 3)(1.0)

    assert [stage for stage, _ in seen] == ["Reading", "Small", "Small", "Large", "Large"]
    assert [share for _, share in seen] == pytest.approx([0, 0.2, 0.3, 0.4, 1])


def test_reduced_cost_does_not_move_the_bar():
    seen: list[float] = []
    progress = OverallProgress(lambda _, share: seen.append(share), "Reading", 0)

    progress.expect(10)
    progress.start_stage("Trying", 5)(1.0)
    progress.expect(1)
    progress.start_stage("Fitting", 1)(1.0)

    assert seen == pytest.approx([0, 0, 0.5, 0.5, 1])
