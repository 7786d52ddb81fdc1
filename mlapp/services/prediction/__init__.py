"""Prediction: the active version, loaded models, micro-batching and responses."""
