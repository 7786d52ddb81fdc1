"""The evaluation of a version in words."""
