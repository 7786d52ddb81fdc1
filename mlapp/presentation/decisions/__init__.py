"""Decisions for people: sentences, and figures of thresholds and costs."""
