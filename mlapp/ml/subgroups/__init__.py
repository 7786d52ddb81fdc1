"""Subgroups of rows by their features: where a version is wrong, where its claims fail, how protected groups fare."""
