"""The quality of predictions: error of `auto`, coverage of intervals."""
