"""Bundled tables, real and simulated."""
