"""Training data: signature, target, training set, validation, data-quality warnings, target leakage."""
