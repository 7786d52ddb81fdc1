"""Gradient boosting with early stopping: of scikit-learn, and of LightGBM."""
