"""Requests and data drift in words."""
