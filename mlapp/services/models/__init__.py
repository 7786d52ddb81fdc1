"""Models and their versions: lists, changes and search."""
