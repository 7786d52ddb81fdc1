"""Prediction: loaded models, batching, responses."""
