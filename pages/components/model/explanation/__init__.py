"""Explanation of a prediction: contributions of its values, and what-if charts."""
