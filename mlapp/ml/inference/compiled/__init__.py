"""Compiled pipelines: fitted estimators as functions of arrays and of single rows."""
