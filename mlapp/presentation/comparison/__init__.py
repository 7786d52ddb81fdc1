"""Comparison of versions: whether their scores can be compared, and how they differ."""
