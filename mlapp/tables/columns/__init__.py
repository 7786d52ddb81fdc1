"""Columns: types and histograms."""
