"""Selection: compares recipes by cross-validation, and keeps the best one or an ensemble."""
