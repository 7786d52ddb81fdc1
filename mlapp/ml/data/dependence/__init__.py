"""Rows that are not exchangeable: groups of rows that belong together, and rows that are ordered in time."""
