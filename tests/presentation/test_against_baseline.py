"""The main score of a version beside that of its baseline."""

from mlapp.presentation.evaluation.against_baseline import against_baseline
from mlapp.services.stored_versions import describe
from mlapp.store import ModelStore
from tests.fitted import fit


def test_errors_are_bars_of_the_larger_one(store: ModelStore):
    fitted = fit("machines").but(metrics={"mae": 50.0, "rmse": 60.0, "r2": 0.5}, baseline={"mae": 200.0})

    heading, (version, baseline) = against_baseline(describe(store, "machines", fitted.add_to(store)))

    assert "smaller" in heading
    assert (version.name, version.text, version.share) == ("Version 1", "50", 0.25)
    assert (baseline.name, baseline.text, baseline.share) == ("Always the average", "200", 1.0)


def test_correct_predictions_are_bars_of_all(store: ModelStore):
    fitted = fit("wine").but(metrics={"accuracy": 0.9, "log_loss": 0.1}, baseline={"accuracy": 0.4})

    _, bars = against_baseline(describe(store, "wine", fitted.add_to(store)))

    assert [(bar.text, bar.share) for bar in bars] == [("90.0%", 0.9), ("40.0%", 0.4)]
