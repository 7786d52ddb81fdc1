"""Components about one model: actions, scores, predictions, what-if, code."""
