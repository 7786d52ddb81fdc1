"""Evaluation of a version: data of its plots, and subgroups of held-out rows."""
