"""Quality of predictions: error of `auto`, coverage of intervals. See README.md."""
