"""Estimators and transformers that recipes are made of, beside those of scikit-learn."""
