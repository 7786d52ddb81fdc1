"""Pipelines that were fitted elsewhere, as estimators of encoded rows."""
