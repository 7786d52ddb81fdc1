"""Training: the service, and storage of trained versions."""
