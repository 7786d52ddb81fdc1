"""Cards that choose what predictions follow: a threshold, or costs of errors."""
