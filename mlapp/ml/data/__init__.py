"""Training data: signature, target, training set, encoding, validation; its quality, and rows that depend on each other."""
