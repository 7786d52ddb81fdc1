"""Decisions: thresholds, costs of errors, and sets of classes."""
