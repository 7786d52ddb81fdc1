"""What a fork adds, beside the estimators in `mlapp/ml/estimators.py`."""
