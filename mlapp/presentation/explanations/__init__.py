"""Explanations for people: reasons in files, and waterfalls of contributions."""
