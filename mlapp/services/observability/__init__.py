"""Observability: health and metrics."""
