"""The training table: signature, target, validation, data-quality warnings, leakage."""
