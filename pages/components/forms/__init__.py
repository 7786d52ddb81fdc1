"""Forms: feature values and file uploads."""
