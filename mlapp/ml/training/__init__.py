"""Training: model selection, fitting, progress, runtime estimate."""
