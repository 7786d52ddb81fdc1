"""Columns of text: inference of their types, and words for missing values and booleans."""
