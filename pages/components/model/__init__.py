"""Components that show a model."""
