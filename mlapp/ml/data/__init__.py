"""Training data: signature, target, training set, encoding, validation; quality, and rows that depend on others."""
