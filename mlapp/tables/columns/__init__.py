"""Columns: types, distributions and columns of JSON values."""
