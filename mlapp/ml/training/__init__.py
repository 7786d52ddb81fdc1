"""Training: model selection, final fit, progress, training time estimates."""
