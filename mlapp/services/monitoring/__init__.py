"""Monitoring: traffic, latency and drift."""
