"""Explanation of predictions: Shapley values of features against a stored background."""
