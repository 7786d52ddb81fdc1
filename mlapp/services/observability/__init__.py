"""Observability: health checks and Prometheus metrics."""
