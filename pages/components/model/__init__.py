"""Components about one version: actions, scores, predictions, what-if, code."""
