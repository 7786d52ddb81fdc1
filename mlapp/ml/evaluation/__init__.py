"""Evaluation: splits, out-of-fold predictions, metrics, calibration, conformal intervals, feature importance, plots."""
