"""Charts: evaluation, drift and traffic."""
