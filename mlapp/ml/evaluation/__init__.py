"""Evaluation on held-out rows: splits, metrics, calibration, conformal intervals, importance, plots."""
