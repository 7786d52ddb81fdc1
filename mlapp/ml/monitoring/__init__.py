"""Monitoring of production data: profiles and drift."""
